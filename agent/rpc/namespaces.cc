#include "agent/rpc/namespaces.h"

#include <sched.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/thread.h"

namespace kata::agent {

namespace {

Result<std::string> pin(const std::string& source, const std::string& type) {
  TRY(sys::make_directories(kNamespaceDirectory));
  auto path = concat(kNamespaceDirectory, "/", type);
  TRY(sys::unmount(path, MNT_DETACH));
  TRY(sys::write_file(path, ""));
  TRY(sys::bind_mount(source, path, false));
  return path;
}

Result<std::string> unshare_and_pin(const std::string& type, const std::string& hostname) {
  if (::unshare(type == "uts" ? CLONE_NEWUTS : CLONE_NEWIPC) != 0) {
    return Error::sys(errno, concat("make a new ", type, " namespace"));
  }
  if (type == "uts" && !hostname.empty() && ::sethostname(hostname.data(), hostname.size()) != 0) {
    return Error::sys(errno, "set host name", hostname);
  }
  return pin(concat("/proc/self/task/", ::gettid(), "/ns/", type), type);
}

}  // namespace

Result<std::string> pin_new_namespace(const std::string& type, const std::string& hostname) {
  // unshare(2) is for the calling thread, and the agent's own stay as they are.
  Result<std::string> pinned = std::string{};
  auto thread = TRY(sys::Thread::start("namespace", [&] { pinned = unshare_and_pin(type, hostname); }));
  thread.join();
  return pinned;
}

Result<std::string> pin_namespace_of(pid_t pid, const std::string& type) {
  return pin(concat("/proc/", pid, "/ns/", type), type);
}

Result<> unpin_namespaces() {
  if (!sys::exists(kNamespaceDirectory)) return {};
  for (const auto& name : TRY(sys::list_directory(kNamespaceDirectory))) {
    auto path = concat(kNamespaceDirectory, "/", name);
    TRY(sys::unmount(path, MNT_DETACH));
    TRY(sys::remove_file(path));
  }
  return {};
}

}  // namespace kata::agent
