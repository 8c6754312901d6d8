#include "lib/sys/jail.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <optional>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/pivot.h"
#include "lib/sys/root_path.h"
#include "lib/sys/thread.h"

namespace kata::sys {

namespace {

struct Tree {
  const Jail::Piece* piece;
  UniqueFd fd;
  PathKind kind;
};

// Nothing when the host has no such thing.
Result<std::optional<Tree>> clone_piece(const Jail::Piece& piece) {
  auto tree = clone_tree(piece.path, true);
  if (!tree && (tree.error().is_errno(ENOENT) || tree.error().is_errno(ENOTDIR))) return std::optional<Tree>();
  if (!tree) return tree.error();
  mount_attr wanted{};
  wanted.attr_set = MOUNT_ATTR_NOSUID;
  if (!piece.devices) wanted.attr_set |= MOUNT_ATTR_NODEV;
  if (!piece.writable) wanted.attr_set |= MOUNT_ATTR_RDONLY;
  wanted.propagation = MS_PRIVATE;
  if (::mount_setattr(tree->get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &wanted, sizeof wanted) != 0) {
    return Error::sys(errno, "set the flags of the mount of", piece.path);
  }
  bool directory = S_ISDIR(TRY(stat(tree->get(), piece.path)).st_mode);
  return std::optional<Tree>(Tree{&piece, std::move(*tree), directory ? PathKind::kDirectory : PathKind::kFile});
}

Result<> make_place_of_processes(int root) {
  TRY(RootPath(root).ensure(kJailProcesses, PathKind::kDirectory));
  // A piece may be one of /proc's own files.
  auto proc = TRY(RootPath(root).ensure("/proc", PathKind::kDirectory));
  if (::symlinkat(concat("..", kJailProcesses, "/self").c_str(), proc.get(), "self") < 0)
    return Error::sys(errno, "make /proc/self");
  return {};
}

Result<std::vector<Tree>> clone_pieces(const Jail& jail) {
  std::vector<Tree> out;
  for (const auto& piece : jail.pieces) {
    if (auto tree = TRY(clone_piece(piece))) out.push_back(std::move(*tree));
  }
  return out;
}

Result<> fill(const Jail& jail, const std::vector<Tree>& trees, int root) {
  for (const auto& tree : trees) {
    auto place = TRY_WRAP(RootPath(root).ensure(tree.piece->path, tree.kind), "making a place");
    TRY_WRAP(attach_tree(tree.fd.get(), place.get()), tree.piece->path);
  }
  if (jail.processes) TRY(make_place_of_processes(root));
  return set_read_only(root, true, false);
}

// In a mount namespace of its own. The root is mounted where it can be spared, as the old one goes in the end.
Result<> build(const Jail& jail, const std::vector<Tree>& trees) {
  TRY(set_propagation("/", MS_PRIVATE | MS_REC));
  auto root = TRY(new_tree("tmpfs", {{"mode", "0755"}, {"size", "1m"}}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
  TRY(attach_tree(root.get(), "/dev"));
  TRY(fill(jail, trees, root.get()));
  return pivot_to(root.get());
}

Result<UniqueFd> build_apart(const Jail& jail, const std::vector<Tree>& trees) {
  if (::unshare(CLONE_NEWNS) != 0) return Error::sys(errno, "make a mount namespace");
  ::umask(022);  // this thread's alone now: everybody can pass the places that are made
  auto out = TRY(open("/proc/thread-self/ns/mnt", O_RDONLY));
  TRY(build(jail, trees));
  return out;
}

}  // namespace

namespace {

// The caller, and its umask, stay what they are.
template <typename T>
Result<T> on_own_thread(const std::function<Result<T>()>& work) {
  std::optional<Result<T>> out;
  auto thread = TRY(Thread::start("jail", [&] { out = work(); }));
  thread.join();
  return std::move(*out);
}

}  // namespace

Result<UniqueFd> make_jail(const Jail& jail) {
  auto trees = TRY(clone_pieces(jail));
  return on_own_thread<UniqueFd>([&] { return build_apart(jail, trees); });
}

Result<> fill_jail(const Jail& jail, const std::string& root) {
  auto trees = TRY(clone_pieces(jail));
  auto directory = TRY(open(root, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  return on_own_thread<void>([&]() -> Result<> {
    if (::unshare(CLONE_FS) != 0) return Error::sys(errno, "have a umask of one's own");
    ::umask(022);
    return fill(jail, trees, directory.get());
  });
}

}  // namespace kata::sys
