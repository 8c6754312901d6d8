// The configuration, loaded and checked. The schema that fills it is schema.h; what each key means is
// in docs/configuration.md. After load() nothing is left to guess: 0 and "" of the file were replaced
// (default_vcpus, default_maxvcpus, default_memory, default_maxmemory by the host's numbers; path,
// kernel, initrd, virtio_fs_daemon by what the installation or the host has).
//
// Plain values; load() and apply_annotations() are thread-safe on different objects.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hypervisor/driver.h"
#include "hypervisor/registry/registry.h"
#include "lib/base/result.h"

namespace kata::config {

// What is wanted. kAuto: the best that there is.
enum class Accelerator : unsigned char { kAuto, kKvm, kTcg };
enum class Channel : unsigned char { kAuto, kVsock, kSerial };
enum class SharedFs : unsigned char { kAuto, kNone, k9p, kVirtioFs };
// Between the pod's interfaces and the machine's cards. The last three are upstream's and not ours.
enum class NetworkModel : unsigned char {
  kTcFilter,  // a tap, and filters that redirect all frames between it and the interface
  kMacvtap,   // a macvtap on the interface
  kNone,      // a tap, which others connect
  kL3Forwarding,
  kBridged,
  kEnlightened,
};
// What the guest keeps of a file that is shared by virtio-fs.
enum class FileCache : unsigned char { kNever, kMetadata, kAuto, kAlways };

struct Hypervisor {
  const hypervisor::Driver* driver = &hypervisor::default_driver();  // of the table [hypervisor.X]; never null
  hypervisor::OwnSettings own;                                       // what only this driver has
  std::string path, kernel, initrd, image, firmware;
  std::string kernel_params, entropy_source;
  double default_vcpus = 1;
  uint32_t default_maxvcpus = 0;
  uint64_t default_memory = 0;     // MiB
  uint64_t default_maxmemory = 0;  // MiB
  double overhead_vcpus = 0;
  uint64_t overhead_memory = 0;  // MiB
  bool enable_virtio_mem = true;
  SharedFs shared_fs = SharedFs::kAuto;
  std::string virtio_fs_daemon;
  FileCache virtio_fs_cache = FileCache::kAuto;
  std::vector<std::string> virtio_fs_extra_args;
  uint32_t virtio_fs_queue_size = 1024;
  uint32_t msize_9p = 0;  // bytes
  hypervisor::Disk::Bus block_device_driver = hypervisor::Disk::Bus::kVirtioBlk;
  hypervisor::Disk::Aio block_device_aio = hypervisor::Disk::Aio::kThreads;
  bool block_device_cache_set = false;
  bool block_device_cache_direct = false;
  bool block_device_cache_noflush = false;
  bool disable_block_device_use = false;
  bool reclaim_guest_freed_memory = true;
  bool disable_selinux = false;
  std::string selinux_label;  // empty: the container's
  bool disable_guest_selinux = true;
  bool enable_debug = false;
  std::string guest_hook_path;
  uint64_t rx_rate_limiter_max_rate = 0, tx_rate_limiter_max_rate = 0;  // bits per second; 0: no limit
  bool disable_vhost_net = false;
  std::vector<std::string> enable_annotations;  // regular expressions
  // Patterns of paths that an annotation may choose. An empty list allows none.
  std::vector<std::string> valid_hypervisor_paths, valid_guest_paths, valid_virtio_fs_daemon_paths,
      valid_entropy_sources;
  Accelerator accelerator = Accelerator::kAuto;  // ours
  Channel agent_channel = Channel::kAuto;        // ours
};

struct Agent {
  bool enable_debug = false;
  bool debug_console_enabled = false;
  std::vector<std::string> kernel_modules;
  uint32_t dial_timeout = 0;  // seconds, before the accelerator's factor
};

struct Runtime {
  bool enable_debug = false;
  NetworkModel internetworking_model = NetworkModel::kTcFilter;
  bool disable_new_netns = false;
  bool loopback_relay = true;  // ours
  bool disable_guest_seccomp = false;
  bool sandbox_cgroup_only = false;
  bool static_sandbox_resource_mgmt = false;
  bool disable_guest_empty_dir = true;
  uint32_t create_container_timeout = 0;  // seconds, before the accelerator's factor
};

struct Factory {
  bool enable_template = false;
  std::string template_path;
};

struct Config {
  std::string file;                   // what was read; empty: built-in defaults
  std::vector<std::string> drop_ins;  // in the order applied
  std::vector<std::string> warnings;  // unknown or unused keys, each with its file and line
  Hypervisor hypervisor;
  Agent agent;
  Runtime runtime;
  Factory factory;
};

// `path`: --config or ConfigPath; empty: KATA_CONF_FILE, then the default list, then built-in
// defaults. Drop-ins of config.d beside the main file are merged. An error names file, line and key.
Result<Config> load(const std::string& path);

// Applies the sandbox's io.katacontainers.config.* annotations; one that is not enabled is an error
// that names it and the key that would allow it.
Result<> apply_annotations(Config& config, const std::map<std::string, std::string>& annotations);

// The path of virtio-fs' daemon, when that is a program that can be run. The one place that decides it.
Result<std::string> require_virtio_fs_daemon(const Hypervisor& hypervisor);

// Where the installation keeps its data: <prefix>/share/kata-containers and <prefix>/libexec/…,
// with the prefix of the running executable (<prefix>/bin/…).
std::string data_directory();
std::string libexec_directory();

// The search list, of configuration.toml or, with a variant, of configuration-<variant>.toml.
std::vector<std::string> default_paths(std::string_view variant = {});

// The value in use of a key of the hypervisor's table, as a TOML file would say it, but a text without its quotes.
// Empty when the driver has no such key.
std::string value_in_use(const Config& config, std::string_view key);

// Generated from the schema: a configuration file with every used key at its default, commented out;
// docs/configuration.md; and the values in use as TOML, for `kata-runtime env`.
std::string default_configuration();
std::string reference_markdown();
std::string effective_configuration(const Config& config);

}  // namespace kata::config
