#include "hypervisor/vm.h"

#include "lib/base/concat.h"

namespace kata::hypervisor {

namespace {

Error cannot(std::string_view operation) {
  return Error::make(Code::kUnimplemented, concat("this hypervisor cannot ", operation, " while the machine runs"));
}

}  // namespace

std::string_view accelerator_name(Accelerator accelerator) { return accelerator == Accelerator::kKvm ? "kvm" : "tcg"; }

std::string_view channel_name(Channel channel) { return channel == Channel::kVsock ? "vsock" : "virtio-serial"; }

Channel clone_channel(const Capabilities& capabilities) {
  return capabilities.serial ? Channel::kSerial : Channel::kVsock;
}

Result<> check_root(const std::string& initrd, const std::string& image) {
  if (!initrd.empty() && !image.empty()) {
    return Error::make(Code::kInvalidArgument,
                       concat("both image (", image, ") and initrd (", initrd, ") are configured"))
        .hint("remove one of them from the configuration");
  }
  if (!initrd.empty() || !image.empty()) return {};
  return Error::make(Code::kInvalidArgument, "no guest initrd is configured, nor an image")
      .hint("set initrd or image in the configuration");
}

VmConfig to_be_saved(VmConfig config) {
  config.nics.clear();
  config.network_namespace = -1;
  config.saved.clear();
  config.savable = true;
  config.shared_memory = false;
  std::erase_if(config.shared, [](const auto& one) { return one.kind == SharedDirectory::Kind::kVirtioFs; });
  return config;
}

Result<> Vm::is_at_work(std::chrono::milliseconds /*limit*/) { return {}; }

Result<> Vm::save(const std::string& /*directory*/) {
  return Error::make(Code::kUnimplemented, "this hypervisor cannot save a machine");
}

Result<GuestAddress> Vm::attach(const Nic& /*nic*/) { return cannot("plug a network interface"); }

Result<GuestAddress> Vm::attach(const Disk& /*disk*/) { return cannot("plug a disk"); }

Result<> Vm::detach(const std::string& /*id*/) { return cannot("unplug a device"); }

Result<MachineSize> Vm::resize(MachineSize /*wanted*/) { return cannot("change processors or memory"); }

Result<std::vector<pid_t>> Vm::vcpu_threads() {
  return Error::make(Code::kUnimplemented, "this hypervisor does not tell its processors' threads");
}

}  // namespace kata::hypervisor
