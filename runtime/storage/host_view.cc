#include "runtime/storage/host_view.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/pivot.h"
#include "lib/sys/root_path.h"
#include "runtime/storage/planning.h"

namespace kata::storage {

namespace {

using Kind = HostPart::Kind;
using ReadOnly = HostPart::ReadOnly;

// The empty directories and files: parts of one small file system. It is mounted where it can be spared, because the
// old root goes in the end; not on that itself, where it would be what is unmounted. Places for further mounts can be
// made in them until they are sealed.
class Covers {
 public:
  static Result<Covers> make() {
    Covers out(TRY(sys::new_tree("tmpfs", {{"mode", "0755"}, {"size", "1m"}}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)));
    TRY(sys::attach_tree(out.top_.get(), "/dev"));
    return out;
  }

  // A tree of a new one.
  Result<UniqueFd> make_cover(sys::PathKind kind) {
    auto name = std::to_string(next_++);
    TRY(sys::RootPath(top_.get()).ensure(name, kind));
    return sys::clone_tree(concat(sys::fd_path(top_.get()), "/", name), false);
  }
  // Whether the directory is in one of them, and a place can be made there without touching anything of the
  // container's.
  Result<bool> hold(int directory) const {
    return TRY(sys::stat(directory, "a place")).st_dev == TRY(sys::stat(top_.get(), "the covers")).st_dev;
  }
  // A place for the new root, of which pivot_root(2) wants that it is mounted somewhere.
  Result<UniqueFd> make_place() { return sys::RootPath(top_.get()).ensure("root", sys::PathKind::kDirectory); }

 private:
  explicit Covers(UniqueFd top) : top_(std::move(top)) {}
  UniqueFd top_;
  unsigned next_ = 0;
};

class Builder {
 public:
  // `processes`: a namespace of them, or -1.
  Builder(Covers covers, int processes) : covers_(std::move(covers)), processes_(processes) {}

  Result<> set_root(HostPart part) {
    root_ = part.kind == Kind::kHosts ? std::move(part.tree) : TRY(covers_.make_cover(sys::PathKind::kDirectory));
    auto place = TRY(covers_.make_place());
    TRY(sys::attach_tree(root_.get(), place.get()));
    seal_later(root_, part.kind == Kind::kHosts ? part.read_only : ReadOnly::kTop);
    return {};
  }

  Result<> add(HostView::Mount& mount) {
    auto& [destination, part] = mount;
    if (part.kind == Kind::kNothing || is_in_processes(destination)) return {};
    auto kind = part.place;
    if (part.kind == Kind::kHosts && !S_ISDIR(TRY(sys::stat(part.tree.get(), destination)).st_mode)) {
      kind = sys::PathKind::kFile;
    }
    auto place = TRY(place_at(destination, kind));
    if (part.kind == Kind::kGuests) {
      bool directory = S_ISDIR(TRY(sys::stat(place.get(), destination)).st_mode);
      part.tree = TRY(covers_.make_cover(directory ? sys::PathKind::kDirectory : sys::PathKind::kFile));
      part.read_only = ReadOnly::kTop;
    }
    if (part.kind == Kind::kProcesses) {
      constexpr unsigned kFlags = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
      proc_.push_back(destination);
      return sys::mount_processes(processes_, place.get(), kFlags);
    }
    TRY(sys::attach_tree(part.tree.get(), place.get()));
    seal_later(part.tree, part.read_only);
    kept_.push_back(std::move(part.tree));
    return {};
  }

  // When all is in place: it is the only thing that is there from now on.
  Result<> finish() {
    for (const auto& [fd, read_only] : to_seal_) TRY(sys::set_read_only(fd, true, read_only == ReadOnly::kAll));
    return sys::pivot_to(root_.get());
  }

 private:
  // The agent has made the places, by the container's own users and rights; here nothing is made but in covers.
  Result<UniqueFd> place_at(const std::string& destination, sys::PathKind kind) const {
    sys::RootPath root(root_.get());
    auto found = root.open(destination, O_PATH);
    if (found || !found.error().is_errno(ENOENT)) return found;
    auto above = sys::parent_of(destination);
    auto directory = root.open(above, O_PATH);
    while (!directory && above != "/") {
      above = sys::parent_of(above);
      directory = root.open(above, O_PATH);
    }
    if (directory && TRY(covers_.hold(directory->get()))) return root.ensure(destination, kind);
    return found;
  }
  void seal_later(const UniqueFd& tree, ReadOnly read_only) {
    if (read_only != ReadOnly::kNo) to_seal_.push_back({tree.get(), read_only});
  }
  // What is mounted there would have to be looked up in the processes themselves.
  bool is_in_processes(const std::string& destination) const {
    return std::any_of(proc_.begin(), proc_.end(), [&](const auto& top) { return is_below(destination, top); });
  }

  struct Sealed {
    int fd;
    ReadOnly read_only;
  };
  Covers covers_;
  UniqueFd root_;
  std::vector<UniqueFd> kept_;
  std::vector<Sealed> to_seal_;
  int processes_;
  std::vector<std::string> proc_;  // where they are seen
};

Result<> build(HostView& view, int processes) {
  Builder builder(TRY(Covers::make()), processes);
  TRY_WRAP(builder.set_root(std::move(view.root)), "the root file system");
  for (auto& mount : view.mounts) {
    auto added = builder.add(mount);
    if (added) continue;
    log::warning("storage", "a mount of the container cannot be seen by who looks at it from the host",
                 {{"destination", mount.destination}, {"error", added.error().text()}});
  }
  return builder.finish();
}

Result<> detach_all(const HostView& view) {
  if (view.root.kind == Kind::kHosts) TRY(sys::detach_from_origin(view.root.tree.get()));
  for (const auto& mount : view.mounts) {
    if (mount.part.kind == Kind::kHosts) TRY(sys::detach_from_origin(mount.part.tree.get()));
  }
  return {};
}

// A pivot in anybody else's namespace would be a catastrophe.
Result<sys::MountNamespace> own_namespace_of(pid_t pid, const sys::MountNamespace* engine) {
  auto found = TRY(sys::MountNamespace::of_process(pid));
  // Where the host's first process may not be looked at, it is somebody else's.
  auto first = sys::MountNamespace::of_process(1);
  bool others = found.inode() == TRY(sys::MountNamespace::current()).inode() ||
                (first && found.inode() == first->inode()) || (engine != nullptr && found.inode() == engine->inode());
  if (!others) return found;
  return Error::make(Code::kFailedPrecondition, concat("process ", pid,
                                                       ", which stands for the container, has the host's "
                                                       "files: it has no mount namespace of its own"));
}

}  // namespace

Result<> show(HostView view, pid_t pid, const sys::MountNamespace* engine) {
  auto where = TRY(own_namespace_of(pid, engine));
  auto processes = TRY(sys::open(concat("/proc/", pid, "/ns/pid"), O_RDONLY));
  auto own_processes = TRY(sys::stat("/proc/thread-self/ns/pid")).st_ino;
  // Those of the host are nobody's to see.
  if (TRY(sys::stat(processes.get(), "ns/pid")).st_ino == own_processes) {
    for (auto& mount : view.mounts) {
      if (mount.part.kind == Kind::kProcesses) mount.part.kind = Kind::kGuests;
    }
    processes.reset();
  }
  TRY(detach_all(view));
  return where.run([&] { return build(view, processes.get()); });
}

}  // namespace kata::storage
