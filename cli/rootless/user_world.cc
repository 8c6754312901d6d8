#include "cli/rootless/user_world.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "cli/container/store.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/users/own_namespace.h"

namespace kata::cli {

namespace {

Result<> enter_world_of(pid_t pid) {
  auto users = TRY(sys::open(concat("/proc/", pid, "/ns/user"), O_RDONLY));
  auto mounts = TRY(sys::open(concat("/proc/", pid, "/ns/mnt"), O_RDONLY));
  auto directory = TRY(sys::open(".", O_PATH | O_DIRECTORY));
  TRY(sys::enter_user_namespace(users.get()));
  if (::setns(mounts.get(), CLONE_NEWNS) < 0) return Error::sys(errno, "enter the mounts of process", concat(pid));
  // Entering leads to the root directory. The working directory's files are the same in both.
  if (::fchdir(directory.get()) < 0) return Error::sys(errno, "go back to the working directory");
  return {};
}

Result<> make_world(bool creates) {
  auto made = TRY(users::make_own_user_namespace());
  if (creates && !made.alone.empty()) {
    log::warning(
        "rootless", "a container's files can only belong to its root",
        {{"why", made.alone},
         {"try",
          "install uidmap, and run usermod --add-subuids 100000-165535 --add-subgids 100000-165535 for this user"}});
  }
  TRY(sys::enter_user_namespace(made.fd.get()));
  if (::unshare(CLONE_NEWNS) < 0) return Error::sys(errno, "make a mount namespace");
  return {};
}

// The shims of this user's containers, the one of `container` first.
Result<std::vector<pid_t>> living_shims(const Globals& globals, const std::string& container) {
  std::vector<pid_t> out;
  for (const auto& place : TRY(all_places(globals))) {
    auto record = place.load();
    if (!record || !still_runs(record->shim)) continue;
    out.insert(place.id() == container ? out.begin() : out.end(), record->shim.pid);
  }
  return out;
}

Result<> expect_directory() {
  const auto& directory = sys::runtime_directory();
  auto info = sys::stat(directory);
  if (info && info->st_uid == ::geteuid()) return {};
  const char* given = std::getenv("XDG_RUNTIME_DIR");
  auto unfit = given == nullptr || *given == '\0'
                   ? ""
                   : concat("XDG_RUNTIME_DIR, ", given, ", is no directory of this user's, and ");
  return Error::make(Code::kNotFound,
                     concat(unfit, "there is no directory ", directory, " of this user's for what runs"))
      .hint("set XDG_RUNTIME_DIR to a directory of your own (mode 0700), or log in, so that systemd makes one");
}

}  // namespace

Result<> enter_user_world(const Globals& globals, const std::string& container, bool creates) {
  if (::geteuid() == 0) return {};
  TRY(expect_directory());
  for (pid_t pid : TRY(living_shims(globals, container))) {
    auto entered = enter_world_of(pid);
    if (entered) return {};
    if (::geteuid() == 0) return entered.error();  // half-way: there is no going back
  }
  return make_world(creates).wrap("running without root");
}

}  // namespace kata::cli
