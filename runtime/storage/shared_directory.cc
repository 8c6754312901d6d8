#include "runtime/storage/shared_directory.h"

#include <fcntl.h>
#include <sys/mount.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/sys/label.h"
#include "lib/sys/mount.h"
#include "lib/sys/mountinfo.h"
#include "runtime/host_resources/files.h"

namespace kata::storage {

Error no_shared_directory() {
  return Error::make(Code::kFailedPrecondition, "this sandbox was started without a shared directory");
}

namespace {

// The guest forgets by messages that nobody answers, and the daemon holds a descriptor until it has read them.
constexpr std::chrono::seconds kLettingGo{1};
constexpr std::chrono::milliseconds kPause{2};

// Tries until nobody uses it anymore; then, or when it is too late, that is the answer.
template <typename F>
Result<> once_let_go(std::chrono::steady_clock::time_point deadline, F attempt) {
  for (;;) {
    auto done = attempt();
    bool used = !done && done.error().is_errno(EBUSY);
    if (!used || std::chrono::steady_clock::now() > deadline) return done;
    std::this_thread::sleep_for(kPause);
  }
}

// Not detached, which would leave the file system in use for as long as somebody has a file of it. What stays in use is
// left to the journal.
void unmount_unused(const std::string& target) {
  auto mounts = sys::read_mountinfo();
  if (!mounts) return;
  auto deadline = std::chrono::steady_clock::now() + kLettingGo;
  for (auto mount = mounts->rbegin(); mount != mounts->rend(); ++mount) {
    if (mount->point != target && !mount->point.starts_with(target + "/")) continue;
    if (!once_let_go(deadline, [&] { return sys::unmount(mount->point, UMOUNT_NOFOLLOW); })) return;
  }
}

}  // namespace

SharedDirectory::SharedDirectory(journal::Journal& journal, const std::string& top, Server server)
    : journal_(journal),
      root_(server == Server::kNeedsRoot ? top + "/root" : ""),
      places_(top + "/mounts"),
      exported_(concat(root_.empty() ? top : root_, "/shared")) {}

Result<std::unique_ptr<SharedDirectory>> SharedDirectory::create(const std::string& base, const std::string& sandbox_id,
                                                                 Server server, journal::Journal& journal) {
  auto top = concat(base, "/", sandbox_id);
  TRY(sys::make_directories(base, 0700));
  TRY(host::make_directory(journal, top, 0700));
  auto out = std::unique_ptr<SharedDirectory>(new SharedDirectory(journal, top, server));
  TRY(out->make());
  return out;
}

Result<> SharedDirectory::make_root() {
  TRY(host::make_directory(journal_, root_, 0755));
  TRY(host::record_mount(journal_, root_));
  TRY(sys::mount("tmpfs", root_, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m"));
  return sys::set_propagation(root_, MS_UNBINDABLE);
}

Result<> SharedDirectory::make() {
  if (!root_.empty()) TRY(make_root());
  TRY(host::make_directory(journal_, places_, 0755));
  TRY(host::make_directory(journal_, concat(places_, "/", kFollowedPlace), 0755));
  // In the root it goes with that, which is read-only by then.
  if (root_.empty()) TRY(host::make_directory(journal_, exported_, 0755));
  if (!root_.empty()) TRY(sys::make_directory(exported_, 0755));
  TRY(host::record_mount(journal_, exported_));
  TRY(sys::bind_mount(places_, exported_, false));
  // Unbindable: a volume of "/" would otherwise carry all volumes again.
  TRY(sys::set_propagation(exported_, MS_UNBINDABLE));
  return sys::remount_bind(exported_, MS_RDONLY | MS_NOSUID | MS_NODEV);
}

Result<> SharedDirectory::set_context(const std::string& context) const {
  if (!root_.empty()) TRY(sys::set_file_context(root_, context));
  TRY(sys::set_file_context(places_, context));
  return sys::set_file_context(concat(places_, "/", kFollowedPlace), context);
}

Result<> SharedDirectory::make_place(bool directory, Share& share) {
  auto path = concat(places_, "/", share.name);
  if (auto slash = share.name.find('/'); slash != std::string::npos) {
    auto above = concat(places_, "/", share.name.substr(0, slash));
    share.steps.push_back(TRY(host::make_directory(journal_, above, 0755)));
  }
  if (directory) {
    share.steps.push_back(TRY(host::make_directory(journal_, path, 0755)));
    return {};
  }
  share.steps.push_back(TRY(host::record_file(journal_, path)));
  TRY(sys::open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644));
  return {};
}

Result<> SharedDirectory::add_steps(int tree, Share& share) {
  auto info = TRY(sys::stat(concat("/proc/self/fd/", tree)));
  TRY(make_place(S_ISDIR(info.st_mode), share));
  auto target = concat(exported_, "/", share.name);
  share.steps.push_back(TRY(host::record_mount(journal_, target)));
  // Nor may who serves it, and has broken out, open a device that it makes there.
  TRY(sys::detach_from_origin(tree));
  return sys::attach_tree(tree, target);
}

Result<Share> SharedDirectory::add(int tree, const std::string& name) {
  Share share{name, {}};
  auto done = add_steps(tree, share);
  if (done) return share;
  remove(share);
  return done.error();
}

Result<> SharedDirectory::make_read_only(const Share& share) const {
  auto top = TRY(sys::open(concat(exported_, "/", share.name), O_PATH | O_NOFOLLOW));
  auto deadline = std::chrono::steady_clock::now() + kLettingGo;
  return once_let_go(deadline, [&] { return sys::set_read_only(top.get(), true, false); });
}

void SharedDirectory::remove(const Share& share) {
  unmount_unused(concat(exported_, "/", share.name));
  for (auto number = share.steps.rbegin(); number != share.steps.rend(); ++number) {
    auto undone = journal_.undo(*number);
    if (!undone) log::warning("storage", "cannot take a share away", {{"error", undone.error().text()}});
  }
}

}  // namespace kata::storage
