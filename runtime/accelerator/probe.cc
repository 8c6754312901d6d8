#include "runtime/accelerator/probe.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>

#include "hypervisor/architecture/architecture.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/random.h"
#include "lib/sys/vhost.h"
#include "runtime/accelerator/kernel_module.h"
#include "runtime/accelerator/processor.h"

namespace kata::accelerator {

namespace {

constexpr const char* kKvm = "/dev/kvm";
constexpr int kTcgFactor = 10;    // emulated guests boot 5 to 10 times slower than with KVM
constexpr int kNestedFactor = 3;  // each exit of a guest in a guest is several exits of the outer one

Finding unusable(std::string reason, std::string fix = {}) { return {false, std::move(reason), std::move(fix)}; }

// udev gives /dev/kvm to the group kvm. Where there is none, being a member of it helps nobody.
std::string permission_fix(const std::string& device) {
  auto info = sys::stat(device);
  bool for_group = info && info->st_gid != 0 && (info->st_mode & S_IRWXG) != 0;
  return device == kKvm && for_group ? "run usermod -aG kvm $USER, and log in again" : "run chmod a+rw " + device;
}

// A device node that cannot be opened: the module that makes it, or the permission that is missing.
Finding cannot_open(const Error& error, const std::string& device, const std::string& module) {
  if (error.is_errno(EACCES) || error.is_errno(EPERM)) {
    return unusable(concat("no permission to open ", device), permission_fix(device));
  }
  if (error.is_errno(ENOENT) || error.is_errno(ENODEV) || error.is_errno(ENXIO)) {
    return unusable(concat(device, " is missing: the module ", module, " is not loaded"), how_to_load(module));
  }
  return unusable(error.message(), how_to_load(module));
}

std::string kvm_module(const Processor& processor) {
  return processor.vendor == "AuthenticAMD" ? "kvm_amd" : "kvm_intel";
}

// Without the processor's help, what is behind /dev/kvm can only be a kernel for paravirtual guests.
Finding without_virtualisation() {
  if (sys::exists("/sys/module/kvm_pvm")) {
    return unusable("/dev/kvm is PVM (module kvm_pvm): it runs only guest kernels built for it, a stock one hangs");
  }
  return unusable(
      "the processor has neither the vmx nor the svm flag: no hardware virtualisation, or it is turned off",
      "turn virtualisation (VT-x, AMD-V) on in the firmware, or nested virtualisation in this machine's host");
}

bool is_nested(const Processor& processor) {
  auto flag = hypervisor::architecture().nested_flag;
  return !flag.empty() && processor.has(flag);
}

bool can_run_guests(const Processor& processor) {
  auto flags = hypervisor::architecture().virtualisation_flags;
  return flags.empty() || std::any_of(flags.begin(), flags.end(), [&](auto flag) { return processor.has(flag); });
}

Finding try_kvm(int kvm, bool nested) {
  int version = ::ioctl(kvm, KVM_GET_API_VERSION, 0);
  if (version != KVM_API_VERSION) return unusable(concat("/dev/kvm has API version ", version, ", not 12"));
  auto run_guest = hypervisor::architecture().run_probe_guest;
  if (run_guest == nullptr) return {true, "/dev/kvm opens; there is no test guest for this processor", {}};
  auto ran = run_guest(kvm);
  if (ran) {
    return {
        true, concat("a test guest ran on /dev/kvm", nested ? " (nested: this host is a virtual machine)" : ""), {}};
  }
  if (ran.error().is_errno(EBUSY)) {
    return unusable("another hypervisor uses the processor's virtualisation", "stop VirtualBox, VMware or Xen");
  }
  return unusable(concat("/dev/kvm opens, but ", ran.error().message()));
}

}  // namespace

Finding probe_kvm() {
  auto processor = read_processor();
  if (!processor) return unusable(processor.error().message());
  if (!can_run_guests(*processor)) return without_virtualisation();
  if (sys::exists("/sys/module/kvm_pvm") && !sys::exists("/sys/module/" + kvm_module(*processor))) {
    return without_virtualisation();
  }
  auto kvm = sys::open(kKvm, O_RDWR);
  if (!kvm) return cannot_open(kvm.error(), kKvm, kvm_module(*processor));
  return try_kvm(kvm->get(), is_nested(*processor));
}

Finding probe_vhost_vsock() {
  auto device = sys::open(sys::kVhostVsock, O_RDWR);
  if (!device) return cannot_open(device.error(), sys::kVhostVsock, "vhost_vsock");
  auto random = sys::random_number<uint64_t>();
  if (!random) return unusable(random.error().message());
  uint64_t cid = (*random & 0x7fffffff) | 0x40000000;  // anything but the reserved low numbers
  auto set = sys::set_guest_cid(device->get(), cid);
  if (!set && !set.error().is_errno(EADDRINUSE)) return unusable(set.error().message());
  return {true, concat(sys::kVhostVsock, " accepts a guest"), {}};
}

Finding probe_vhost_net() {
  auto device = sys::open_vhost_net();
  if (!device) return cannot_open(device.error(), sys::kVhostNet, "vhost_net");
  return {true, concat(sys::kVhostNet, " works"), {}};
}

namespace {

int timeout_factor(hypervisor::Accelerator accelerator, const Processor& processor) {
  if (accelerator == hypervisor::Accelerator::kTcg) return kTcgFactor;
  return is_nested(processor) ? kNestedFactor : 1;
}

Error cannot_force(std::string_view key, std::string_view value, const Finding& finding) {
  auto error =
      Error::make(Code::kFailedPrecondition, concat(key, " = \"", value, "\" is configured, but ", finding.reason));
  if (finding.fix.empty()) return error.hint(concat("set ", key, " = \"auto\""));
  return error.hint(concat(finding.fix, ", or set ", key, " = \"auto\""));
}

}  // namespace

Result<AcceleratorChoice> choose_accelerator(config::Accelerator wanted) {
  AcceleratorChoice out;
  if (wanted == config::Accelerator::kTcg) {
    out.accelerator_reason = "configured";
  } else {
    auto kvm = probe_kvm();
    if (!kvm.usable && wanted == config::Accelerator::kKvm) return cannot_force("accelerator", "kvm", kvm);
    if (kvm.usable) out.accelerator = hypervisor::Accelerator::kKvm;
    out.accelerator_reason = kvm.reason;
  }
  out.timeout_factor = timeout_factor(out.accelerator, read_processor().value_or(Processor{}));
  return out;
}

Result<ChannelChoice> choose_channel(config::Channel wanted, const hypervisor::Capabilities& capabilities) {
  auto finding = [&](bool offered, auto probe) {
    return offered ? probe() : unusable("the hypervisor does not offer it");
  };
  auto serial = finding(capabilities.serial, [] { return Finding{true, {}, {}}; });
  if (wanted == config::Channel::kSerial) {
    if (!serial.usable) return cannot_force("agent_channel", "virtio-serial", serial);
    return ChannelChoice{hypervisor::Channel::kSerial, "configured"};
  }
  auto vsock = finding(capabilities.vsock, probe_vhost_vsock);
  if (!vsock.usable && wanted == config::Channel::kVsock) return cannot_force("agent_channel", "vsock", vsock);
  if (vsock.usable) return ChannelChoice{hypervisor::Channel::kVsock, vsock.reason};
  if (serial.usable) return ChannelChoice{hypervisor::Channel::kSerial, vsock.reason};
  return Error::make(Code::kFailedPrecondition, concat("there is no way to the agent: vsock: ", vsock.reason))
      .hint(concat("use another hypervisor", vsock.fix.empty() ? "" : ", or ", vsock.fix));
}

Result<Choice> choose(const config::Hypervisor& config) {
  return Choice{TRY(choose_accelerator(config.accelerator)),
                TRY(choose_channel(config.agent_channel, config.driver->capabilities()))};
}

}  // namespace kata::accelerator
