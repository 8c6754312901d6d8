// [hypervisor.X]: keys of upstream's files that nothing uses yet.
#include "runtime/config/schema.h"

namespace kata::config {

namespace {

using enum Dialect;
using enum Unused;

// `annotated`: there is an annotation of the key's own name.
Key row(std::string_view name, Value fallback, Unused kind, bool annotated, std::string_view doc,
        Dialect dialect = kBoth) {
  return {.name = name,
          .fallback = std::move(fallback),
          .doc = doc,
          .annotation = annotated ? name : std::string_view{},
          .dialect = dialect,
          .unused = kind};
}

std::vector<Key> boot_keys() {
  return {
      row("rootfs_type", "ext4", kWarn, false, "File system of `image`."),
      row("firmware_volume", "", kWarn, true, "The firmware's variables.", kGo),
      row("kernel_verity_params", "", kWarn, true, "dm-verity of the image."),
      row("jailer_path", "", kWarn, true, "Firecracker's jailer."),
      row("valid_jailer_paths", Strings{}, kHarmless, false, "Patterns for it."),
      row("ctlpath", "", kWarn, false, "Dragonball's control program.", kRust),
      row("valid_ctlpaths", Strings{}, kHarmless, false, "Patterns for it.", kRust),
      row("pflashes", Strings{}, kWarn, false, "Flash images."),
      row("vm_rootfs_driver", "virtio-pmem", kHarmless, false, "Driver of `image`.", kRust),
      row("disable_image_nvdimm", false, kHarmless, true, "`image` as a virtio-blk disk."),
      row("guest_extension_images", {}, kWarn, false, "More images for the guest."),
      row("remote_hypervisor_socket", "/run/peerpod/hypervisor.sock", kWarn, false, "Remote hypervisor."),
      row("remote_hypervisor_timeout", 600, kWarn, false, "Remote hypervisor."),
      row("default_gpus", 0, kWarn, true, "Remote hypervisor."),
      row("default_gpu_model", "", kWarn, true, "Remote hypervisor."),
      row("boot_to_be_template", false, kWarn, false, "Internal.", kRust),
      row("boot_from_template", false, kWarn, false, "Internal.", kRust),
      row("memory_path", "", kWarn, false, "Internal.", kRust),
      row("device_state_path", "", kWarn, false, "Internal.", kRust),
      row("prefetch_list_path", "", kWarn, false, "Nydus.", kRust),
  };
}

std::vector<Key> cpu_and_memory_keys() {
  return {
      row("memory_offset", 0, kWarn, true, "Added to the most memory, for NVDIMM."),
      row("enable_mem_prealloc", false, kWarn, true, "Allocate all memory at boot."),
      row("enable_hugepages", false, kWarn, true, "Memory from huge pages."),
      row("hugepage_type", "hugetlbfs", kHarmless, true, "Which huge pages.", kRust),
      row("enable_numa", false, kWarn, false, "NUMA nodes in the guest.", kGo),
      row("numa_mapping", {}, kWarn, true, "NUMA nodes of the host to use.", kGo),
      row("enable_guest_swap", false, kWarn, true, "Swap in the guest."),
      row("guest_swap_path", "/run/kata-containers/swap", kHarmless, false, "Where swap files are.", kRust),
      row("guest_swap_size_percent", 100, kHarmless, false, "Their size.", kRust),
      row("guest_swap_create_threshold_secs", 60, kHarmless, false, "When they are made.", kRust),
      row("disable_nested_virtualization", false, kWarn, false, "Hide vmx and svm.", kRust),
      row("disable_nesting_checks", false, kWarn, false, "Don't look whether we are nested."),
  };
}

std::vector<Key> disk_and_daemon_keys() {
  return {
      row("virtio_fs_cache_size", 0, kWarn, true, "virtio-fs' DAX window, in MiB."),
      row("virtio_fs_is_dax", false, kWarn, true, "virtio-fs with DAX.", kRust),
      row("block_device_logical_sector_size", 0, kWarn, false, "Their logical sector."),
      row("block_device_physical_sector_size", 0, kWarn, false, "Their physical sector."),
      row("queue_size", 128, kWarn, false, "Their queue.", kRust),
      row("num_queues", 1, kWarn, false, "Their queues.", kRust),
      row("enable_iothreads", false, kWarn, true, "A thread for block devices."),
      row("indep_iothreads", 0, kWarn, true, "Independent threads."),
      row("disk_rate_limiter_bw_max_rate", 0, kWarn, false, "Limit of bytes."),
      row("disk_rate_limiter_bw_one_time_burst", 0, kWarn, false, "Burst of bytes."),
      row("disk_rate_limiter_ops_max_rate", 0, kWarn, false, "Limit of operations."),
      row("disk_rate_limiter_ops_one_time_burst", 0, kWarn, false, "Burst of operations."),
      row("enable_vhost_user_store", false, kWarn, true, "vhost-user block devices."),
      row("vhost_user_store_path", "/var/run/kata-containers/vhost-user", kHarmless, true, "Where they are."),
      row("valid_vhost_user_store_paths", Strings{}, kHarmless, false, "Patterns for it."),
      row("vhost_user_reconnect_timeout_sec", 0, kWarn, true, "Seconds until they reconnect.", kGo),
  };
}

std::vector<Key> network_and_device_keys() {
  return {
      row("net_rate_limiter_bw_max_rate", 0, kWarn, false, "Limit of bytes.", kGo),
      row("net_rate_limiter_bw_one_time_burst", 0, kWarn, false, "Burst of bytes.", kGo),
      row("net_rate_limiter_ops_max_rate", 0, kWarn, false, "Limit of packets.", kGo),
      row("net_rate_limiter_ops_one_time_burst", 0, kWarn, false, "Burst of packets.", kGo),
      row("network_queues", 1, kWarn, true, "Queues of a network interface.", kRust),
      row("hot_plug_vfio", "no-port", kWarn, true, "Pass devices through, later.", kGo),
      row("cold_plug_vfio", "no-port", kWarn, true, "Pass devices through, at boot."),
      row("pcie_root_port", 0, kWarn, true, "PCIe root ports."),
      row("pcie_switch_port", 0, kWarn, true, "PCIe switch ports."),
      row("enable_iommu", false, kWarn, true, "An IOMMU in the guest."),
      row("enable_iommu_platform", false, kWarn, true, "virtio devices behind it."),
      row("use_legacy_serial", false, kWarn, true, "The console as an ISA serial port.", kGo),
      row("hypervisor_loglevel", 1, kWarn, false, "Cloud Hypervisor's log level.", kGo),
      row("log_level", "info", kWarn, false, "Log level.", kRust),
      row("extra_monitor_socket", "", kWarn, false, "A monitor socket for debugging."),
      row("dbg_monitor_socket", "", kWarn, false, "The same.", kRust),
      row("guest_memory_dump_path", "", kWarn, false, "Where a panicking guest's memory goes."),
      row("guest_memory_dump_paging", false, kHarmless, false, "With paging."),
  };
}

std::vector<Key> security_keys() {
  return {
      row("disable_seccomp", false, kHarmless, false, "No seccomp filter for the VMM."),
      row("rootless", false, kHarmless, true,
          "The VMM as a user of its own, which it is anyway: [threat model](threat-model.md)."),
      row("confidential_guest", false, kRefuse, false, "A confidential virtual machine."),
      row("sev_snp_guest", false, kRefuse, false, "With AMD SEV-SNP."),
      row("snp_id_block", "", kHarmless, false, "SNP."),
      row("snp_id_auth", "", kHarmless, false, "SNP."),
      row("snp_guest_policy", 196608, kHarmless, false, "SNP."),
      row("measurement_algo", "sha512", kHarmless, false, "Measurement of the initial data.", kGo),
      row("tdx_quote_generation_service_socket_port", 4050, kHarmless, false, "TDX."),
      row("initdata", "", kRefuse, false, "Initial data of a confidential machine.", kRust),
  };
}

}  // namespace

std::span<const Key> unused_hypervisor_keys() {
  static const std::vector<Key> kKeys = [] {
    std::vector<Key> keys;
    for (const auto& part :
         {boot_keys(), cpu_and_memory_keys(), disk_and_daemon_keys(), network_and_device_keys(), security_keys()}) {
      keys.insert(keys.end(), part.begin(), part.end());
    }
    return keys;
  }();
  return kKeys;
}

}  // namespace kata::config
