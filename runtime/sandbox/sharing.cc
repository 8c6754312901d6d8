#include "runtime/sandbox/sharing.h"

#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "runtime/host_resources/files.h"
#include "runtime/host_resources/process.h"
#include "runtime/storage/guest_modules.h"
#include "runtime/storage/shared_fs.h"

namespace kata {

namespace {

// sockaddr_un has room for 107 bytes, and the VMM connects by the whole path.
constexpr size_t kLongestSocket = 107;
// A VMM that is killed closes its sockets, and its daemon ends with it: which of the two ends is seen first is chance.
constexpr std::chrono::seconds kWhoDiedFirst{1};
// One that ended without an error was left by its VMM, which then frees its memory and its KVM before it is gone.
constexpr std::chrono::seconds kVmmGoes{10};

storage::DiskSettings disk_settings(const config::Hypervisor& config) {
  storage::DiskSettings out;
  out.bus = config.block_device_driver;
  out.direct = config.block_device_cache_set && config.block_device_cache_direct;
  out.no_flush = config.block_device_cache_set && config.block_device_cache_noflush;
  out.aio = config.block_device_aio;
  return storage::possible(out);
}

// A daemon that says why a lookup failed would make the guest forget what is mounted there.
std::string lookup_errors() {
  auto path = config::libexec_directory() + "/kata-lookup-errors.so";
  return sys::exists(path) ? path : std::string();
}

}  // namespace

Result<> Sharing::plan(const CreateRequest& request, const grpc::Spec& spec, Container& container) const {
  const auto& config = settings_.config;
  storage::PlanSettings settings{.shared_fs = settings_.shared_fs,
                                 .block_rootfs = !config.hypervisor.disable_block_device_use,
                                 .empty_dirs_in_guest = !config.runtime.disable_guest_empty_dir};
  return sys::run_in(options_.engine_mounts.get(), [&]() -> Result<> {
    container.storage =
        TRY(storage::ContainerStorage::plan(container.id, container.bundle, spec, request.rootfs, settings));
    return {};
  });
}

Result<> Sharing::share(hypervisor::VmConfig& vm, const std::string& context) {
  if (settings_.shared_fs == storage::SharedFs::kNone) return {};
  bool by_vmm = settings_.shared_fs == storage::SharedFs::k9p;
  using Server = storage::SharedDirectory::Server;
  shared_ = TRY(storage::SharedDirectory::create(
      options_.shared_base, options_.id, by_vmm ? Server::kNeedsRoot : Server::kHasItsRoot, *directory_.journal));
  if (!vm.security_context.empty() && !context.empty()) TRY(shared_->set_context(context));
  auto modules = storage::share_modules(*shared_, vm.kernel);
  if (!modules) log::warning("storage", "the guest can load no further modules", {{"error", modules.error().text()}});
  sources_ = std::make_unique<storage::SharedSources>(*shared_, options_.engine_mounts.get(), by_vmm);
  hypervisor::SharedDirectory share{.tag = storage::kSharedTag};
  if (settings_.shared_fs == storage::SharedFs::kVirtioFs) {
    TRY(start_daemon(vm.security_context));
    share.kind = hypervisor::SharedDirectory::Kind::kVirtioFs;
    share.socket = socket();
    share.queue_size = settings_.config.hypervisor.virtio_fs_queue_size;
  } else {
    share.path = shared_->exported();
    share.root = shared_->root();
  }
  vm.shared.push_back(std::move(share));
  return {};
}

std::string Sharing::socket() const {
  auto usual = directory_.vm() + "/virtiofsd.sock";
  if (usual.size() <= kLongestSocket) return usual;
  return concat(options_.run_directory, "/virtiofsd-", ::getpid(), ".sock");
}

Result<> Sharing::start_daemon(const std::string& security_context) {
  const auto& config = settings_.config.hypervisor;
  if (config.virtio_fs_cache == config::FileCache::kAlways) {
    log::warning("sandbox", "virtio_fs_cache is \"always\": the guest does not see what the host changes");
  }
  TRY(host::record_file(*directory_.journal, socket()));
  daemon_ = TRY(virtiofsd::Daemon::start({.path = config.virtio_fs_daemon,
                                          .socket = socket(),
                                          .directory = shared_->exported(),
                                          .cache = config::value_in_use(settings_.config, "virtio_fs_cache"),
                                          .more = config.virtio_fs_extra_args,
                                          .preload = lookup_errors(),
                                          .security_context = security_context}));
  // One that has ended by now has no entry in /proc any more, and says better why.
  auto recorded = host::record_process(*directory_.journal, daemon_->pid());
  if (!recorded) return why_not_started(recorded.error());
  return {};
}

Error Sharing::why_not_started(const Error& vmm) const {
  if (!daemon_) return vmm;
  auto ended = daemon_->exit_event();
  if (!ended || !sys::wait_for(ended->get(), POLLIN, kWhoDiedFirst).value_or(false)) return vmm;
  return daemon_->failed() ? daemon_->cause_of_death() : vmm;
}

Result<> Sharing::watch_daemon(Machine& machine, Threads& threads) {
  if (!daemon_) return {};
  machine.watch_process(TRY(daemon_->exit_event()), [this, &machine, &threads] {
    threads.try_run("virtiofsd", [this, &machine] {
      auto patience = daemon_->failed() ? kWhoDiedFirst : kVmmGoes;
      if (!machine.cause(patience)) machine.give_up(daemon_->cause_of_death());
    });
  });
  return {};
}

void Sharing::add_storages(const storage::Needs& needs, grpc::CreateSandboxRequest& request) const {
  if (shared_) {
    *request.add_storages() = storage::guest_mount(settings_.shared_fs, settings_.config.hypervisor.msize_9p,
                                                   settings_.driver->capabilities().largest_9p_message);
    // So that the guest forgets files before the daemon has no room for more.
    auto limit = daemon_ ? daemon_->descriptors() : Result<uint64_t>(uint64_t{0});
    if (daemon_ && limit) {
      request.mutable_storages(request.storages_size() - 1)
          ->add_driver_options(concat(storage::kDescriptorsOption, *limit));
    }
  }
  for (const auto& storage : needs.pod_storages) *request.add_storages() = storage;
}

void Sharing::use_disks(hypervisor::Vm& vm) {
  disks_ = std::make_unique<storage::Disks>(
      disk_settings(settings_.config.hypervisor),
      storage::DiskSlots{.attach = [&vm](const hypervisor::Disk& disk) { return vm.attach(disk); },
                         .detach = [&vm](const std::string& id) { return vm.detach(id); }});
}

Result<> Sharing::attach(Container& container) {
  directory_.journal->allow(container.bundle);
  return container.storage.attach(host());
}

Result<> Sharing::show(storage::HostView view, pid_t standin) const {
  return storage::show(std::move(view), standin, options_.engine_mounts.get());
}

Result<> Sharing::bring_into_guest(Container& container, AgentClient& agent) {
  return container.storage.plug_in(*disks_,
                                   [&agent](const grpc::CopyFileRequest& request) { return agent.copy_file(request); });
}

void Sharing::release(Container& container, GuestLives guest_lives) {
  container.storage.detach(host(), guest_lives == GuestLives::kYes ? disks_.get() : nullptr);
}

void Sharing::stop() {
  if (daemon_) daemon_->stop();
}

std::vector<pid_t> Sharing::helpers() const {
  return daemon_ ? std::vector<pid_t>{daemon_->pid()} : std::vector<pid_t>{};
}

}  // namespace kata
