#include "runtime/sandbox/pid_namespace.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string_view>

#include "lib/base/concat.h"

namespace kata {

namespace {

std::string path_of(const grpc::Spec& spec) {
  for (const auto& one : spec.linux().namespaces()) {
    if (one.type() == "pid") return one.path();
  }
  return {};
}

// 7 of "/proc/7/ns/pid"; 0 of any other path, which is one that the pod's engine keeps for the pod.
pid_t process_of(std::string_view path) {
  constexpr std::string_view kStart = "/proc/";
  constexpr std::string_view kEnd = "/ns/pid";
  if (!path.starts_with(kStart) || !path.ends_with(kEnd)) return 0;
  pid_t pid = 0;
  const auto* begin = path.data() + kStart.size();
  const auto* end = path.data() + path.size() - kEnd.size();
  auto [stop, err] = std::from_chars(begin, std::max(begin, end), pid);
  return err == std::errc() && stop == end ? pid : 0;
}

Error unclear(const std::vector<PidNamespaceOwner>& owners) {
  std::string names;
  for (const auto& one : owners) names += (names.empty() ? "" : ", ") + one.id;
  return Error::make(Code::kUnimplemented,
                     concat("linux.namespaces: the container is to join the process namespace of one of ", names,
                            ", which a process id that they have in common does not tell apart"))
      .hint("let the whole pod share its processes (shareProcessNamespace)");
}

}  // namespace

Result<PidNamespaceChoice> choose_pid_namespace(const grpc::Spec& spec, const std::vector<PidNamespaceOwner>& running) {
  auto path = path_of(spec);
  if (path.empty()) return PidNamespaceChoice{};
  std::vector<PidNamespaceOwner> named;
  auto pid = process_of(path);
  std::copy_if(running.begin(), running.end(), std::back_inserter(named),
               [&](const auto& one) { return one.reported_pid == pid; });
  if (named.size() > 1) {
    bool shares = std::any_of(named.begin(), named.end(), [](const auto& one) { return one.joined_first; });
    if (shares) return PidNamespaceChoice{true, ""};
    std::erase_if(named, [](const auto& one) { return one.owns_sandbox; });
  }
  if (named.size() > 1) return unclear(named);
  if (named.empty() || named[0].owns_sandbox) return PidNamespaceChoice{true, ""};
  return PidNamespaceChoice{true, named[0].id};
}

}  // namespace kata
