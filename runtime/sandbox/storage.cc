// The pod's files: how they are shared, what the guest makes of its own, disks, copies.
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "runtime/host_resources/files.h"
#include "runtime/host_resources/process.h"
#include "runtime/sandbox/sandbox.h"
#include "runtime/storage/shared_fs.h"

namespace kata {

namespace {

// sockaddr_un has room for 107 bytes, and QEMU connects by the whole path.
constexpr size_t kLongestSocket = 107;
// A VMM that is killed closes its sockets, and its daemon ends with it: which of the two ends is seen first is chance.
constexpr std::chrono::seconds kWhoDiedFirst{1};
// One that ended without an error was left by its VMM, which then frees its memory and its KVM before it is gone.
constexpr std::chrono::seconds kVmmGoes{10};

storage::DiskSettings disk_settings(const config::Hypervisor& config) {
  storage::DiskSettings out;
  if (config.block_device_driver == "virtio-scsi") out.bus = hypervisor::Disk::Bus::kVirtioScsi;
  out.direct = config.block_device_cache_set && config.block_device_cache_direct;
  out.no_flush = config.block_device_cache_set && config.block_device_cache_noflush;
  out.aio = config.block_device_aio;
  return storage::possible(std::move(out));
}

}  // namespace

Result<storage::Plan> Sandbox::plan_storage(const CreateRequest& request, const Container& container,
                                            const grpc::Spec& spec) const {
  storage::PlanSettings settings{.shared_fs = shared_fs_,
                                 .block_rootfs = !config_.hypervisor.disable_block_device_use,
                                 .empty_dirs_in_guest = !config_.runtime.disable_guest_empty_dir};
  return storage::plan(container.id, container.bundle, spec, request.rootfs, settings);
}

Result<> Sandbox::share_files(hypervisor::VmConfig& vm) {
  if (shared_fs_ == storage::SharedFs::kNone) return {};
  shared_ = TRY(storage::SharedDirectory::create(options_.shared_base, options_.id, *journal_));
  hypervisor::SharedDirectory share{.tag = storage::kSharedTag};
  if (shared_fs_ == storage::SharedFs::kVirtioFs) {
    TRY(start_virtiofsd());
    share.kind = hypervisor::SharedDirectory::Kind::kVirtioFs;
    share.socket = virtiofsd_socket();
    share.queue_size = config_.hypervisor.virtio_fs_queue_size;
  } else {
    share.path = shared_->exported();
  }
  vm.shared.push_back(std::move(share));
  return {};
}

std::string Sandbox::virtiofsd_socket() const {
  auto usual = directory_ + "/vm/virtiofsd.sock";
  if (usual.size() <= kLongestSocket) return usual;
  return concat(options_.run_directory, "/virtiofsd-", ::getpid(), ".sock");
}

Result<> Sandbox::start_virtiofsd() {
  const auto& config = config_.hypervisor;
  if (config.virtio_fs_cache == "always") {
    log::warning("sandbox", "virtio_fs_cache is \"always\": the guest does not see what the host changes");
  }
  TRY(host::record_file(*journal_, virtiofsd_socket()));
  virtiofsd_ = TRY(virtiofsd::Daemon::start({.path = config.virtio_fs_daemon,
                                             .socket = virtiofsd_socket(),
                                             .directory = shared_->exported(),
                                             .cache = config.virtio_fs_cache,
                                             .more = config.virtio_fs_extra_args}));
  TRY(host::record_process(*journal_, virtiofsd_->pid()));
  return {};
}

// A VMM that cannot reach the daemon says only that; the daemon says why.
Error Sandbox::why_not_started(const Error& vmm) const {
  if (!virtiofsd_) return vmm;
  auto ended = virtiofsd_->exit_event();
  if (!ended || !sys::wait_for(ended->get(), POLLIN, kWhoDiedFirst).value_or(false)) return vmm;
  return virtiofsd_->failed() ? virtiofsd_->cause_of_death() : vmm;
}

// Without its files the pod cannot go on; what is in flight would hang for ever.
Result<> Sandbox::watch_virtiofsd() {
  if (!virtiofsd_) return {};
  machine_->watch_process(TRY(virtiofsd_->exit_event()), [this] {
    threads_.try_run("virtiofsd", [this] {
      auto patience = virtiofsd_->failed() ? kWhoDiedFirst : kVmmGoes;
      if (!machine_->cause(patience)) machine_->give_up(virtiofsd_->cause_of_death());
    });
  });
  return {};
}

void Sandbox::add_storages(const storage::Plan& plan, grpc::CreateSandboxRequest& request) const {
  if (shared_) *request.add_storages() = storage::guest_mount(shared_fs_, config_.hypervisor.msize_9p);
  for (auto& storage : storage::sandbox_storages(plan)) *request.add_storages() = std::move(storage);
}

void Sandbox::prepare_disks() {
  disks_ = std::make_unique<storage::Disks>(
      disk_settings(config_.hypervisor),
      storage::DiskSlots{.attach = [this](const hypervisor::Disk& disk) { return machine_->vm().attach(disk); },
                         .detach = [this](const std::string& id) { return machine_->vm().detach(id); }});
}

Result<> Sandbox::bring_into_guest(const storage::Plan& plan, Container& container) {
  if (!plan.disks.empty()) container.disks = TRY(disks_->add(plan.disks, container.id));
  if (plan.shared_fs != storage::SharedFs::kNone || plan.volumes.empty()) return {};
  container.copies = TRY(storage::GuestCopies::start(
      plan, [this](const grpc::CopyFileRequest& request) { return machine_->agent().copy_file(request); }));
  return {};
}

// What is left of the container on the host, and its disks when the machine lives on.
void Sandbox::release_storage(Container& container) {
  container.copies.reset();
  bool lives = machine_ && in_guest_ && !container.owns_sandbox && !machine_->agent().lost();
  if (disks_ && lives) disks_->release(container.id);
  storage::detach(container.attached, shared_.get(), *journal_);
}

}  // namespace kata
