#include "runtime/host_check/walls.h"

#include <charconv>
#include <map>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"
#include "lib/sys/label.h"

namespace kata::host_check {

namespace {

constexpr const char* kNamespaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};

template <typename T>
T number(std::string_view text, int base = 10) {
  T out{};
  std::from_chars(text.data(), text.data() + text.size(), out, base);
  return out;
}

std::string program_of(pid_t pid) {
  auto line = sys::read_file(concat("/proc/", pid, "/cmdline")).value_or("");
  auto first = line.substr(0, line.find('\0'));
  return first.substr(first.rfind('/') + 1);
}

bool has_own_root(pid_t pid) {
  auto theirs = sys::stat(concat("/proc/", pid, "/root/")), ours = sys::stat("/");
  return theirs && ours && !sys::is_same_file(*theirs, *ours);
}

std::vector<std::string> own_namespaces(pid_t pid) {
  std::vector<std::string> out;
  for (const auto* name : kNamespaces) {
    auto theirs = sys::read_link(concat("/proc/", pid, "/ns/", name)),
         ours = sys::read_link(concat("/proc/self/ns/", name));
    if (theirs && ours && *theirs != *ours) out.emplace_back(name);
  }
  return out;
}

}  // namespace

Walls parse_status(std::string_view status) {
  Walls out;
  for (auto line : lines_of(status)) {
    auto name = take(line, ':');
    auto words = split(line);
    if (words.empty()) continue;
    if (name == "Pid") out.pid = number<pid_t>(words[0]);
    if (name == "Uid" && words.size() > 1) out.user = number<uid_t>(words[1]);
    // What it has, and what a program that it runs could get.
    if (name == "CapPrm" || name == "CapBnd") out.capabilities |= number<uint64_t>(words[0], 16);
    if (name == "NoNewPrivs") out.no_new_privileges = words[0] == "1";
    if (name == "Seccomp_filters") out.filters = number<unsigned>(words[0]);
  }
  return out;
}

Result<Walls> walls_of(pid_t pid) {
  auto status = sys::read_file(concat("/proc/", pid, "/status"));
  if (!status) return Error::make(Code::kNotFound, concat("there is no process ", pid));
  auto out = parse_status(*status);
  out.program = program_of(pid);
  out.own_root = has_own_root(pid);
  out.own_namespaces = own_namespaces(pid);
  out.label = sys::label_of(pid);
  return out;
}

Result<std::vector<pid_t>> descendants_of(pid_t pid) {
  std::multimap<pid_t, pid_t> children;
  for (const auto& name : TRY(sys::list_directory("/proc"))) {
    auto each = number<pid_t>(name);
    auto status = each > 0 ? sys::read_file(concat("/proc/", each, "/status")) : Result<std::string>(std::string());
    if (!status) continue;  // it has ended meanwhile
    for (auto line : lines_of(*status)) {
      if (take(line, ':') != "PPid") continue;
      auto words = split(line);
      if (!words.empty()) children.emplace(number<pid_t>(words[0]), each);
    }
  }
  std::vector<pid_t> out{pid};
  for (size_t i = 0; i < out.size(); ++i) {
    auto [first, last] = children.equal_range(out[i]);
    for (; first != last; ++first) out.push_back(first->second);
  }
  return out;
}

}  // namespace kata::host_check
