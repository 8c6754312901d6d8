#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "runtime/host_resources/files.h"
#include "runtime/storage/container_storage.h"
#include "runtime/storage/mount_options.h"

namespace kata::storage {

namespace {

Result<> mount_one(const Mount& wanted, const std::string& target) {
  auto options = parse_options(wanted.options);
  bool bind = (options.flags & MS_BIND) != 0 || wanted.type == "bind";
  if (!bind) {
    TRY(sys::mount(wanted.source, target, wanted.type, options.flags, options.data));
  } else {
    TRY(sys::bind_mount(wanted.source, target, (options.flags & MS_REC) != 0));
    auto rest = options.flags & ~(MS_BIND | MS_REC);
    if (rest != 0) TRY(sys::remount_bind(target, rest));
  }
  if (options.propagation != 0) TRY(sys::set_propagation(target, options.propagation));
  return {};
}

Result<> make_host_mounts(const Plan& plan, journal::Journal& journal, Attached& attached) {
  if (plan.rootfs_mounts.empty()) return {};
  if (!sys::exists(plan.rootfs)) TRY(sys::make_directory(plan.rootfs, 0711));
  for (const auto& wanted : plan.rootfs_mounts) {
    // Engines are trusted, but a target that leaves the rootfs is a mistake worth naming.
    if (wanted.target.find("..") != std::string::npos) {
      return Error::make(Code::kInvalidArgument, concat("rootfs mount target ", wanted.target, " leaves the rootfs"));
    }
    auto target = wanted.target.empty() ? plan.rootfs : concat(plan.rootfs, "/", wanted.target);
    attached.host_mounts.push_back(TRY(host::record_mount(journal, target)));
    TRY_WRAP(mount_one(wanted, target), "mounting the container's root file system");
  }
  return {};
}

Result<> attach_steps(const Plan& plan, SharedDirectory* shared, journal::Journal& journal, Attached& attached) {
  TRY(make_host_mounts(plan, journal, attached));
  if (!plan.shares_anything() || plan.shared_fs == SharedFs::kNone) return {};
  if (shared == nullptr) {
    return Error::make(Code::kFailedPrecondition, "this sandbox was started without a shared directory");
  }
  // Never read-only here, even for a read-only root: the agent makes mount points in it first.
  if (!plan.rootfs.empty()) {
    attached.shares.push_back(TRY(shared->add(plan.rootfs, plan.container + "/rootfs", false)));
  }
  for (const auto& volume : plan.volumes) {
    attached.shares.push_back(TRY(shared->add(volume.source, volume.name, volume.read_only)));
  }
  return {};
}

}  // namespace

Result<Attached> attach(const Plan& plan, SharedDirectory* shared, journal::Journal& journal) {
  Attached attached;
  auto done = attach_steps(plan, shared, journal, attached);
  if (done) return attached;
  detach(attached, shared, journal);
  return done.error();
}

void detach(const Attached& attached, SharedDirectory* shared, journal::Journal& journal) {
  for (auto share = attached.shares.rbegin(); share != attached.shares.rend(); ++share) shared->remove(*share);
  for (auto number = attached.host_mounts.rbegin(); number != attached.host_mounts.rend(); ++number) {
    auto undone = journal.undo(*number);
    if (!undone) log::warning("storage", "cannot unmount", {{"error", undone.error().text()}});
  }
}

}  // namespace kata::storage
