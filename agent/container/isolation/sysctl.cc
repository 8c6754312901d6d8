#include "agent/container/isolation/sysctl.h"

#include <map>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::agent {

Result<std::string> sysctl_path(const std::string& key) {
  auto first = key.find_first_of("./");
  std::string path = key;
  if (first != std::string::npos && key[first] == '.') {
    for (char& c : path) {
      if (c == '.') {
        c = '/';
      } else if (c == '/') {
        c = '.';
      }
    }
  }
  auto padded = concat("/", path, "/");
  if (padded.find("/../") != std::string::npos || padded.find("//") != std::string::npos) {
    return Error::make(Code::kInvalidArgument, concat("the sysctl key \"", key, "\" is malformed"));
  }
  return path;
}

Result<> apply_sysctls(const grpc::Linux& linux) {
  // A map of the message has no order, but what is written should not vary from run to run.
  std::map<std::string, std::string> sorted(linux.sysctl().begin(), linux.sysctl().end());
  for (const auto& [key, value] : sorted) {
    auto path = concat("/proc/sys/", TRY(sysctl_path(key)));
    TRY_WRAP(sys::write_control(path, value), concat("setting sysctl ", key));
  }
  return {};
}

}  // namespace kata::agent
