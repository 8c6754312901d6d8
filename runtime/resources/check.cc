#include "runtime/resources/check.h"

#include <algorithm>
#include <string>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/text/number_list.h"

namespace kata::resources {

namespace {

// cpu.shares: sched/core.c, MIN_SHARES and MAX_SHARES.
constexpr uint64_t kFewestShares = 2;
constexpr uint64_t kMostShares = 262144;

struct Set {
  const char* key;
  const char* what;
  const char* online;  // what the host has: sysfs-devices-system-cpu, node
};
constexpr Set kCpus{"linux.resources.cpu.cpus", "processor", "/sys/devices/system/cpu/online"};
constexpr Set kMems{"linux.resources.cpu.mems", "memory node", "/sys/devices/system/node/online"};

Result<> check_set(const std::string& text, const Set& set) {
  if (text.empty()) return {};
  auto wanted = parse_number_list(text);
  if (!wanted || wanted->empty()) {
    return Error::make(Code::kInvalidArgument, concat(set.key, ": \"", text, "\" is no list of numbers"))
        .hint("use numbers like 0-1,3");
  }
  auto has = parse_number_list(sys::read_file(set.online, 4096).value_or("0"));
  if (!has || std::includes(has->begin(), has->end(), wanted->begin(), wanted->end())) return {};
  return Error::make(Code::kInvalidArgument,
                     concat(set.key, ": \"", text, "\" has a ", set.what, " that this host does not have"))
      .hint(concat("see ", set.online));
}

}  // namespace

Result<> check(const grpc::LinuxResources& resources) {
  auto shares = resources.cpu().shares();
  if (shares != 0 && (shares < kFewestShares || shares > kMostShares)) {
    return Error::make(Code::kInvalidArgument, concat("linux.resources.cpu.shares: ", shares, " is not between ",
                                                      kFewestShares, " and ", kMostShares))
        .hint("use 1024 for the usual weight");
  }
  TRY(check_set(resources.cpu().cpus(), kCpus));
  return check_set(resources.cpu().mems(), kMems);
}

}  // namespace kata::resources
