#include "deploy/host.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "cli/output/output.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/root_path.h"

namespace kata::deploy {

namespace {

constexpr char kLock[] = "/run/kata-deploy.lock";
constexpr char kPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

Result<UniqueFd> locked(const sys::RootPath& root) {
  auto place = TRY_WRAP(root.ensure(kLock, sys::PathKind::kFile), "the node's lock");
  auto lock = TRY(sys::open(sys::fd_path(place.get()), O_RDONLY));
  if (!TRY(sys::try_lock_file(lock.get(), kLock))) {
    TRY(cli::print("waiting for another kata-deploy of this node\n"));
    TRY(sys::lock_file(lock.get(), kLock));
  }
  return lock;
}

}  // namespace

Result<Host> Host::enter(const std::string& directory, bool dry_run) {
  auto root = sys::open(directory, O_PATH | O_DIRECTORY);
  if (!root) {
    return root.error()
        .wrap("the node's root directory")
        .hint("mount the host's / there (hostPath), or use --host DIR");
  }
  Host out(directory, *std::move(root), dry_run);
  if (!dry_run) out.lock_ = TRY(locked(sys::RootPath(out.root_.get())));
  return out;
}

Result<Target> Host::target(const std::string& path) const {
  sys::RootPath root(root_.get());
  auto place = dry_run_ ? root.open(path, O_PATH) : root.ensure(path, sys::PathKind::kDirectory);
  if (!place && dry_run_ && place.error().is_errno(ENOENT)) return Target{concat(directory_, path), path};
  target_ = TRY(place);
  return Target{sys::fd_path(target_.get()), path};
}

Result<> Host::become_root() const {
  ::setenv("PATH", kPath, 1);
  if (::fchdir(root_.get()) != 0) return Error::sys(errno, "enter", directory_);
  if (directory_ == "/") return {};
  if (::chroot(".") != 0) {
    return Error::sys(errno, "become a process of", directory_).hint("run it as root, in a privileged pod");
  }
  return {};
}

}  // namespace kata::deploy
