#include "agent/container/workload/rlimits.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <string_view>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

struct Name {
  std::string_view name;
  int number;
};
constexpr std::array kNames{
    Name{"RLIMIT_AS", RLIMIT_AS},
    Name{"RLIMIT_CORE", RLIMIT_CORE},
    Name{"RLIMIT_CPU", RLIMIT_CPU},
    Name{"RLIMIT_DATA", RLIMIT_DATA},
    Name{"RLIMIT_FSIZE", RLIMIT_FSIZE},
    Name{"RLIMIT_LOCKS", RLIMIT_LOCKS},
    Name{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    Name{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    Name{"RLIMIT_NICE", RLIMIT_NICE},
    Name{"RLIMIT_NOFILE", RLIMIT_NOFILE},
    Name{"RLIMIT_NPROC", RLIMIT_NPROC},
    Name{"RLIMIT_RSS", RLIMIT_RSS},
    Name{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    Name{"RLIMIT_RTTIME", RLIMIT_RTTIME},
    Name{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    Name{"RLIMIT_STACK", RLIMIT_STACK},
};

constexpr rlimit kDefaultOpenFiles{1024, 524288};
constexpr rlim_t kUsualMostOpenFiles = 1048576;

// No process can have more open files than this, whatever its privileges: proc(5).
rlim_t most_open_files() {
  auto text = sys::read_file("/proc/sys/fs/nr_open");
  auto value = text ? std::strtoull(text->c_str(), nullptr, 10) : 0;
  return value > 0 ? value : kUsualMostOpenFiles;
}

Result<> set(int number, rlimit wanted) {
  wanted.rlim_cur = std::min(wanted.rlim_cur, wanted.rlim_max);
  if (::setrlimit(static_cast<__rlimit_resource_t>(number), &wanted) < 0) return Error::sys(errno, "setrlimit");
  return {};
}

// Lowers `wanted` to the present hard limit, which nobody without privilege may raise.
Result<> set_within_present(int number, rlimit wanted) {
  rlimit present{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(number), &present) < 0) return Error::sys(errno, "getrlimit");
  wanted.rlim_max = std::min(wanted.rlim_max, present.rlim_max);
  return set(number, wanted);
}

Result<> set_clamped(const std::string& name, int number, rlimit wanted, std::vector<std::string>& warnings) {
  auto asked = wanted.rlim_max;
  if (number == RLIMIT_NOFILE) wanted.rlim_max = std::min(wanted.rlim_max, most_open_files());
  auto done = set(number, wanted);
  bool refused = !done && done.error().is_errno(EPERM);
  if (refused) done = set_within_present(number, wanted);
  if (!done) return done.error().wrap(concat("setting ", name));
  if (refused || wanted.rlim_max != asked)
    warnings.push_back(concat(name, " of ", asked, " was lowered to what the guest allows"));
  return {};
}

}  // namespace

int rlimit_number(const std::string& name) {
  for (const auto& known : kNames) {
    if (known.name == name) return known.number;
  }
  return -1;
}

Result<> apply_rlimits(const google::protobuf::RepeatedPtrField<grpc::POSIXRlimit>& limits,
                       std::vector<std::string>& warnings) {
  std::set<int> seen;
  for (const auto& limit : limits) {
    int number = rlimit_number(limit.type());
    if (number < 0)
      return Error::make(Code::kInvalidArgument, concat("the resource limit \"", limit.type(), "\" is unknown"));
    if (!seen.insert(number).second) {
      return Error::make(Code::kInvalidArgument, concat("the resource limit ", limit.type(), " is given twice"));
    }
    TRY(set_clamped(limit.type(), number, {limit.soft(), limit.hard()}, warnings));
  }
  if (seen.contains(RLIMIT_NOFILE)) return {};
  std::vector<std::string> unasked;  // nobody asked for the default, nobody needs to hear
  return set_clamped("RLIMIT_NOFILE", RLIMIT_NOFILE, kDefaultOpenFiles, unasked);
}

}  // namespace kata::agent
