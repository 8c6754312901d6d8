#include "hypervisor/qemu/arguments.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "hypervisor/qemu/architecture.h"
#include "hypervisor/qemu/bridge_slots.h"
#include "hypervisor/qemu/device.h"
#include "hypervisor/qemu/kernel_command_line.h"
#include "hypervisor/qemu/machine_shape.h"
#include "hypervisor/qemu/settings.h"
#include "lib/base/concat.h"
#include "lib/sys/user_namespace.h"

namespace kata::hypervisor {

namespace {

// MiB of translated code. QEMU's default is up to 1 GiB. Measured: the boot of a stock kernel fills 36, and
// with 32 everything is translated again right after it. What is not used costs no memory.
constexpr uint32_t kTranslationCacheMib = 64;
// Each processor holds a part of it as long as it exists, an offline one too: QEMU cuts it into parts of this size.
constexpr uint32_t kPartMib = 2;

class Arguments {
 public:
  template <typename... Parts>
  void add(std::string_view option, const Parts&... value) {
    out_.emplace_back(option);
    if constexpr (sizeof...(value) > 0) out_.push_back(concat(value...));
  }
  std::vector<std::string> take() && { return std::move(out_); }

 private:
  std::vector<std::string> out_;
};

void add_machine(Arguments& out, const VmConfig& config, const InheritedFds& fds, const QemuArchitecture& qemu) {
  const auto& own = qemu_settings(config);
  auto type = own.machine_type.empty() ? std::string(qemu.machine) : own.machine_type;
  auto machine = concat(type, ",dump-guest-core=off");
  bool of_family =
      std::any_of(qemu.family.begin(), qemu.family.end(), [&](auto name) { return type.starts_with(name); });
  if (of_family) machine += qemu.machine_options;
  if (fds.memory >= 0) {
    out.add("-object", "memory-backend-file,id=ram,share=on,mem-path=/proc/self/fd/", fds.memory,
            ",size=", config.memory_mib, "M");
  } else if (needs_shared_memory(config)) {
    out.add("-object", "memory-backend-memfd,id=ram,share=on,size=", config.memory_mib, "M");
  }
  if (fds.memory >= 0 || needs_shared_memory(config)) machine += ",memory-backend=ram";
  if (!own.machine_accelerators.empty()) machine += "," + own.machine_accelerators;
  out.add("-machine", machine);
}

void add_processor(Arguments& out, const VmConfig& config, const QemuArchitecture& qemu) {
  std::string model;
  if (config.accelerator == Accelerator::kTcg) {
    out.add("-accel", "tcg,thread=multi,tb-size=", kTranslationCacheMib + kPartMib * (config.max_vcpus - 1));
    model = qemu.emulated_processor;
  } else {
    out.add("-accel", "kvm");
    model = "host";
  }
  const auto& features = qemu_settings(config).cpu_features;
  if (!features.empty()) model += "," + features;
  out.add("-cpu", model);
  if (config.max_vcpus > config.vcpus) {
    auto present = starts_with_all_processors(config) ? config.max_vcpus : config.vcpus;
    out.add("-smp", present, ",maxcpus=", config.max_vcpus, ",sockets=", config.max_vcpus, ",cores=1,threads=1");
  } else {
    out.add("-smp", config.vcpus);
  }
}

void add_memory(Arguments& out, const VmConfig& config) {
  auto memory = concat(config.memory_mib, "M");
  if (grows_by_modules(config)) memory += concat(",slots=", qemu_settings(config).memory_slots);
  if (grows_by_modules(config) || grows_by_virtio_mem(config)) memory += concat(",maxmem=", config.max_memory_mib, "M");
  out.add("-m", memory);
}

Result<> add_kernel(Arguments& out, const VmConfig& config, const Architecture& architecture) {
  if (!config.firmware.empty()) out.add("-bios", config.firmware);
  out.add("-kernel", config.kernel);
  if (!config.initrd.empty()) out.add("-initrd", config.initrd);
  out.add("-append", TRY(kernel_command_line(config, architecture)));
  if (!config.image.empty()) {
    out.add("-blockdev",
            "driver=raw,node-name=image,read-only=on,file.driver=file,file.filename=", escaped(config.image));
    out.add("-device", "virtio-blk-pci,disable-legacy=on,drive=image");
  }
  return {};
}

void add_channels(Arguments& out, const InheritedFds& fds) {
  out.add("-chardev", "socket,id=qmp,fd=", fds.qmp);
  out.add("-mon", "chardev=qmp,mode=control");
  out.add("-chardev", "socket,id=console,fd=", fds.console);
  out.add("-serial", "chardev:console");
  if (fds.agent >= 0) {
    out.add("-device", "virtio-serial-pci,id=serial,disable-legacy=on,max_ports=2");
    out.add("-chardev", "socket,id=agent,fd=", fds.agent);
    out.add("-device", "virtserialport,id=agent-port,bus=serial.0,chardev=agent,name=org.katacontainers.agent.0");
  }
  if (fds.vhost_vsock >= 0) {
    out.add("-device", "vhost-vsock-pci,disable-legacy=on,vhostfd=", fds.vhost_vsock, ",guest-cid=", fds.guest_cid);
  }
}

Result<> add_shared_directories(Arguments& out, const VmConfig& config) {
  int number = 0;
  for (const auto& directory : config.shared) {
    auto id = concat("share", number++);
    if (directory.kind == SharedDirectory::Kind::kVirtioFs) {
      if (is_clone(config)) continue;
      out.add("-chardev", "socket,id=", id, ",path=", escaped(directory.socket));
      out.add("-device", virtio_fs_device(directory, id, {}).option());
      continue;
    }
    // "none" leaves the ownership of new files to who runs QEMU: all that can be done where nobody else exists.
    const auto* model = ::geteuid() == 0 && TRY(sys::knows_other_users()) ? "passthrough" : "none";
    out.add("-fsdev", "local,id=", id, ",security_model=", model,
            ",multidevs=remap,path=", escaped(directory.path.substr(directory.root.size())));
    out.add("-device", "virtio-9p-pci,disable-legacy=on,fsdev=", id, ",mount_tag=", escaped(directory.tag));
  }
  return {};
}

std::string colon_separated(const std::vector<int>& numbers) {
  std::string out;
  for (int number : numbers) out += concat(out.empty() ? "" : ":", number);
  return out;
}

void add_nics(Arguments& out, const VmConfig& config) {
  BridgeSlots slots(config.hot_plug ? qemu_settings(config).bridges : 0);  // in the order of Machine's own
  if (is_clone(config)) return;
  for (const auto& nic : config.nics) {
    NicDescriptors descriptors{colon_separated(nic.taps), colon_separated(nic.vhost)};
    out.add("-netdev", nic_backend(nic, descriptors).option());
    out.add("-device", nic_device(nic, slots.take()).option());
  }
}

void add_bridges(Arguments& out, const VmConfig& config) {
  for (unsigned i = 0; config.hot_plug && i < qemu_settings(config).bridges; ++i) {
    auto id = bridge_id(i);
    out.add("-device", "pci-bridge,shpc=off,id=", id, ",chassis_nr=", i + 1, ",bus=pcie.0,addr=", bridge_address(i));
    // The first one's device in slot 1 is the guest's source of random numbers.
    if (i == 0 && !config.entropy_source.empty()) continue;
    out.add("-object", "rng-builtin,id=", id, "-rng");
    out.add("-device", "virtio-rng-pci,disable-legacy=on,rng=", id, "-rng,bus=", id, ",addr=0x1");
  }
}

void add_small_devices(Arguments& out, const VmConfig& config) {
  if (!config.entropy_source.empty()) {
    out.add("-object", "rng-random,id=rng,filename=", escaped(config.entropy_source));
    out.add("-device", "virtio-rng-pci,disable-legacy=on,rng=rng", config.hot_plug ? ",bus=bridge0,addr=0x1" : "");
  }
  if (has_balloon(config)) {
    out.add("-device", "virtio-balloon-pci,disable-legacy=on,deflate-on-oom=on",
            config.free_page_reporting ? ",free-page-reporting=on" : "");
  }
}

}  // namespace

std::vector<int> InheritedFds::list() const {
  std::vector<int> out;
  for (int fd : {qmp, console, agent, vhost_vsock, memory}) {
    if (fd >= 0) out.push_back(fd);
  }
  out.insert(out.end(), nics.begin(), nics.end());
  return out;
}

std::string log_file(const VmConfig& config) {
  return config.debug && !config.directory.empty() ? config.directory + "/qemu.log" : std::string();
}

Result<std::vector<std::string>> qemu_arguments(const VmConfig& config, const InheritedFds& fds,
                                                const Architecture& architecture) {
  const auto& qemu = qemu_architecture(architecture);
  Arguments out;
  out.add(config.path);
  out.add("-name", "sandbox-", escaped(config.id));
  out.add("-nodefaults");
  out.add("-no-user-config");
  out.add("-display", "none");
  out.add("-no-reboot");
  add_machine(out, config, fds, qemu);
  add_processor(out, config, qemu);
  add_memory(out, config);
  TRY(add_kernel(out, config, architecture));
  add_channels(out, fds);
  TRY(add_shared_directories(out, config));
  add_bridges(out, config);
  add_small_devices(out, config);
  add_nics(out, config);
  if (is_clone(config)) out.add("-incoming", "defer");
  const auto& seccomp = qemu_settings(config).seccomp_sandbox;
  if (!seccomp.empty()) out.add("-sandbox", seccomp);
  if (auto file = log_file(config); !file.empty()) {
    out.add("-d", "guest_errors,unimp");
    out.add("-D", file);
  }
  return std::move(out).take();
}

}  // namespace kata::hypervisor
