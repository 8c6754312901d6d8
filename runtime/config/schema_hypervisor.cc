// [hypervisor.X]: the keys that are used, whatever the hypervisor.
#include <array>
#include <cmath>

#include "lib/base/concat.h"
#include "runtime/config/host_size.h"
#include "runtime/config/kernel_params.h"
#include "runtime/config/schema.h"
#include "runtime/config/targets.h"

namespace kata::config {

namespace {

constexpr std::array kAccelerators = {choice("auto", Accelerator::kAuto), choice("kvm", Accelerator::kKvm),
                                      choice("tcg", Accelerator::kTcg)};
constexpr std::array kChannels = {choice("auto", Channel::kAuto), choice("vsock", Channel::kVsock),
                                  choice("virtio-serial", Channel::kSerial)};

Result<> at_most_the_hosts(const Value& vcpus) {
  auto host = host_size().cpus;
  if (std::ceil(std::get<double>(vcpus)) <= host) return {};
  return Error::make(Code::kInvalidArgument, concat("is more than the ", host, " CPUs of this host"));
}

std::vector<Key> channel_and_boot_keys() {
  return {
      {.name = "accelerator",
       .fallback = "auto",
       .target = CHOICE(hypervisor.accelerator, kAccelerators),
       .doc = "How the virtual machine runs: `kvm` (hardware virtualisation), `tcg` (emulation, works everywhere, "
              "several times slower) or `auto`, which finds out by trying.",
       .dialect = Dialect::kOurs,
       .choices = kAccelerators},
      {.name = "agent_channel",
       .fallback = "auto",
       .target = CHOICE(hypervisor.agent_channel, kChannels),
       .doc = "How the agent is reached: `vsock` (needs the vhost_vsock module), `virtio-serial` (needs nothing) or "
              "`auto`.",
       .dialect = Dialect::kOurs,
       .choices = kChannels},
      {.name = "path",
       .fallback = "",
       .target = TO(hypervisor.path),
       .doc = "The hypervisor's binary. Empty: see below.",
       .annotation = "path",
       .allowed_by = "valid_hypervisor_paths"},
      {.name = "kernel",
       .fallback = "",
       .target = TO(hypervisor.kernel),
       .doc = "The guest's kernel. Empty: `share/kata-containers/vmlinux.container` of the installation.",
       .annotation = "kernel",
       .allowed_by = "valid_guest_paths"},
      {.name = "initrd",
       .fallback = "",
       .target = TO(hypervisor.initrd),
       .doc = "The guest's initial RAM disk. Empty, with an empty `image`: "
              "`share/kata-containers/kata-containers-initrd.img` of the installation.",
       .annotation = "initrd",
       .allowed_by = "valid_guest_paths",
       .replaces = "image"},
      {.name = "image",
       .fallback = "",
       .target = TO(hypervisor.image),
       .doc = "A disk image with the guest's root file system, instead of `initrd`.",
       .annotation = "image",
       .allowed_by = "valid_guest_paths",
       .replaces = "initrd"},
      {.name = "firmware",
       .fallback = "",
       .target = TO(hypervisor.firmware),
       .doc = "The machine's firmware. Empty: the fastest that fits the kernel.",
       .annotation = "firmware",
       .allowed_by = "valid_guest_paths"},
      {.name = "kernel_params",
       .fallback = "",
       .target = TO(hypervisor.kernel_params),
       .doc = "More kernel parameters. One with the same name as a built-in one replaces it; those of an annotation "
              "are appended.",
       .annotation = "kernel_params",
       .merge = merge_kernel_params},
  };
}

std::vector<Key> machine_keys() {
  return {
      {.name = "entropy_source",
       .fallback = "/dev/urandom",
       .target = TO(hypervisor.entropy_source),
       .doc = "The host's file that the guest's random numbers come from.",
       .annotation = "entropy_source",
       .allowed_by = "valid_entropy_sources"},
      {.name = "enable_debug",
       .fallback = false,
       .target = TO(hypervisor.enable_debug),
       .doc = "The hypervisor's own log and a guest console that is not quiet."},
  };
}

std::vector<Key> size_keys() {
  return {
      {.name = "default_vcpus",
       .fallback = 1.0,
       .target = TO(hypervisor.default_vcpus),
       .doc = "Virtual CPUs at boot; a fraction is rounded up. Negative: all CPUs of the host. 0: 1.",
       .annotation = "default_vcpus",
       .guard = at_most_the_hosts},
      {.name = "default_maxvcpus",
       .fallback = 0,
       .target = TO(hypervisor.default_maxvcpus),
       .doc = "Most virtual CPUs that the machine can get. 0, or more than the host has: the host's number.",
       .annotation = "default_max_vcpus",
       .low = 0},
      {.name = "default_memory",
       .fallback = 512,
       .target = TO(hypervisor.default_memory),
       .doc = "Memory at boot, in MiB. (Upstream's files say 2048. Without hardware virtualisation the guest pays for "
              "each page at boot, so the built-in default is smaller.) An annotation may have a unit of 1000 or 1024 "
              "bytes: "
              "`2 GiB`, `700M`.",
       .annotation = "default_memory",
       .low = 0,
       .mebibytes = true},
      {.name = "default_maxmemory",
       .fallback = 0,
       .target = TO(hypervisor.default_maxmemory),
       .doc = "Most memory that the machine can get, in MiB. 0, or more than the host has: all of the host's.",
       .low = 0},
      {.name = "overhead_vcpus",
       .fallback = 0.0,
       .target = TO(hypervisor.overhead_vcpus),
       .doc = "Added to a pod's CPU limits, before the sum is rounded up to whole CPUs. (Upstream: 0.2, with which "
              "`nproc` "
              "shows one CPU more than was asked for.)",
       .dialect = Dialect::kRust,
       .low = 0},
      {.name = "overhead_memory",
       .fallback = 96,
       .target = TO(hypervisor.overhead_memory),
       .doc = "Added to a pod's memory limits, in MiB: what the guest's kernel and agent need, so that the workload "
              "can use "
              "all of its limit. (Upstream: 32.)",
       .dialect = Dialect::kRust,
       .low = 0},
  };
}

std::vector<Key> memory_keys() {
  return {
      {.name = "enable_virtio_mem",
       .fallback = true,
       .target = TO(hypervisor.enable_virtio_mem),
       .doc = "Memory is added and taken back with virtio-mem, in steps of 2 MiB. `false`: in modules of 128 MiB and "
              "more, "
              "at most as many as there are slots for. (Upstream's default is `false`; each slot costs boot time, and "
              "a guest "
              "seldom lets go of a module.)",
       .annotation = "enable_virtio_mem"},
      {.name = "reclaim_guest_freed_memory",
       .fallback = true,
       .target = TO(hypervisor.reclaim_guest_freed_memory),
       .doc = "Memory that the guest frees goes back to the host (free page reporting). Upstream's default is `false`.",
       .annotation = "reclaim_guest_freed_memory",
       .dialect = Dialect::kGo},
  };
}

std::vector<Key> guest_keys() {
  return {
      {.name = "disable_selinux",
       .fallback = false,
       .target = TO(hypervisor.disable_selinux),
       .doc = "On a host with SELinux, the hypervisor and virtio-fs' daemon keep the context that they have by "
              "themselves. Otherwise they get that of the pod's first container (`process.selinuxLabel`), or do not "
              "start."},
      {.name = "selinux_label",
       .fallback = "",
       .target = TO(hypervisor.selinux_label),
       .doc = "The context that they get instead.",
       .dialect = Dialect::kRust},
      {.name = "disable_guest_selinux",
       .fallback = true,
       .target = TO(hypervisor.disable_guest_selinux),
       .doc = "No SELinux inside the guest."},
      {.name = "guest_hook_path",
       .fallback = "",
       .target = TO(hypervisor.guest_hook_path),
       .doc = "A directory of the guest with OCI hooks (`prestart`, `poststart`, `poststop`).",
       .annotation = "guest_hook_path"},
  };
}

std::vector<Key> network_keys() {
  return {
      {.name = "rx_rate_limiter_max_rate",
       .fallback = 0,
       .target = TO(hypervisor.rx_rate_limiter_max_rate),
       .doc = "Most bits per second that each of the pod's interfaces receives. 0: no limit.",
       .annotation = "rx_rate_limiter_max_rate",
       .low = 0},
      {.name = "tx_rate_limiter_max_rate",
       .fallback = 0,
       .target = TO(hypervisor.tx_rate_limiter_max_rate),
       .doc = "Most bits per second that each of the pod's interfaces sends. 0: no limit.",
       .annotation = "tx_rate_limiter_max_rate",
       .low = 0},
      {.name = "disable_vhost_net",
       .fallback = false,
       .target = TO(hypervisor.disable_vhost_net),
       .doc = "The hypervisor itself moves network packets, although `/dev/vhost-net` works.",
       .annotation = "disable_vhost_net"},
  };
}

std::vector<Key> annotation_keys() {
  return {
      {.name = "enable_annotations",
       .fallback = Strings{"enable_iommu", "kernel_params", "kernel_verity_params", "default_vcpus", "default_memory"},
       .target = TO(hypervisor.enable_annotations),
       .doc = "Which `io.katacontainers.config.hypervisor.` annotations a container may set: regular expressions "
              "(POSIX extended) that are searched in the name behind that prefix. `[]` allows none, `[\".*\"]` all."},
      {.name = "valid_hypervisor_paths",
       .fallback = Strings{},
       .target = TO(hypervisor.valid_hypervisor_paths),
       .doc = "Patterns (`*`, `?`, `[]`) of what the annotation `path` may choose. Empty: nothing."},
      {.name = "valid_guest_paths",
       .fallback = Strings{"/usr/share/kata-containers/*", "/usr/local/share/kata-containers/*",
                           "/opt/kata/share/kata-containers/*", "/opt/kata/share/ovmf/*"},
       .target = TO(hypervisor.valid_guest_paths),
       .doc = "Patterns of what the annotations `kernel`, `initrd`, `image` and `firmware` may choose, which the VMM "
              "reads as root. Empty: nothing.",
       .dialect = Dialect::kOurs},
      {.name = "valid_virtio_fs_daemon_paths",
       .fallback = Strings{},
       .target = TO(hypervisor.valid_virtio_fs_daemon_paths),
       .doc = "Patterns of what the annotation `virtio_fs_daemon` may choose. Empty: nothing."},
      {.name = "valid_entropy_sources",
       .fallback = Strings{"/dev/urandom", "/dev/random", ""},
       .target = TO(hypervisor.valid_entropy_sources),
       .doc = "Patterns of what the annotation `entropy_source` may choose. Empty: nothing."},
  };
}

}  // namespace

std::span<const Key> hypervisor_keys() {
  static const std::vector<Key> kKeys = [] {
    std::vector<Key> keys;
    for (const auto& part : {channel_and_boot_keys(), machine_keys(), size_keys(), memory_keys(), guest_keys(),
                             network_keys(), annotation_keys()}) {
      keys.insert(keys.end(), part.begin(), part.end());
    }
    return keys;
  }();
  return kKeys;
}

}  // namespace kata::config
