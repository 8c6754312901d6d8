// [runtime] and [factory].
#include <array>

#include "runtime/config/schema.h"
#include "runtime/config/targets.h"

namespace kata::config {

namespace {

constexpr std::array kModels = {
    choice("tcfilter", NetworkModel::kTcFilter), choice("macvtap", NetworkModel::kMacvtap),
    choice("none", NetworkModel::kNone),         choice("l3forwarding", NetworkModel::kL3Forwarding),
    choice("bridged", NetworkModel::kBridged),   choice("enlightened", NetworkModel::kEnlightened)};

Key unused(std::string_view name, Value fallback, Dialect dialect, Unused kind, std::string_view doc,
           std::string_view annotation = {}) {
  return {.section = Section::kRuntime,
          .name = name,
          .fallback = std::move(fallback),
          .doc = doc,
          .annotation = annotation,
          .dialect = dialect,
          .unused = kind};
}

Key factory(std::string_view name, Value fallback, Unused kind, std::string_view doc) {
  auto key = unused(name, std::move(fallback), Dialect::kBoth, kind, doc);
  key.section = Section::kFactory;
  return key;
}

std::vector<Key> used_keys() {
  return {
      {.section = Section::kRuntime,
       .name = "enable_debug",
       .fallback = false,
       .target = TO(runtime.enable_debug),
       .doc = "The runtime logs at level debug."},
      {.section = Section::kRuntime,
       .name = "internetworking_model",
       .fallback = "tcfilter",
       .target = CHOICE(runtime.internetworking_model, kModels),
       .doc = "How the pod's interfaces reach the machine: `tcfilter` (a tap, and filters that redirect all frames), "
              "`macvtap`, or `none` (a tap that others connect). The others become `tcfilter`.",
       .annotation = "internetworking_model",
       .choices = kModels},
      {.section = Section::kRuntime,
       .name = "disable_new_netns",
       .fallback = false,
       .target = TO(runtime.disable_new_netns),
       .doc = "The hypervisor and the taps are in the host's network namespace, for a bridge or switch there. Needs "
              "`internetworking_model = \"none\"`.",
       .annotation = "disable_new_netns"},
      {.section = Section::kRuntime,
       .name = "loopback_relay",
       .fallback = true,
       .target = TO(runtime.loopback_relay),
       .doc =
           "What listens on `localhost` in the guest can be reached on `localhost` of the pod's network namespace on "
           "the host, and the other way round: forwarded ports, Docker's name server. See docs/network.md.",
       .annotation = "loopback_relay",
       .dialect = Dialect::kOurs},
      {.section = Section::kRuntime,
       .name = "disable_guest_seccomp",
       .fallback = false,
       .target = TO(runtime.disable_guest_seccomp),
       .doc = "Containers run without the seccomp filter that the engine asked for. (Upstream's default is `true`.)",
       .annotation = "disable_guest_seccomp"},
      {.section = Section::kRuntime,
       .name = "sandbox_cgroup_only",
       .fallback = false,
       .target = TO(runtime.sandbox_cgroup_only),
       .doc =
           "`true`: the shim, the hypervisor and virtio-fs' daemon are in the pod's cgroup on the host, whose limits "
           "must allow "
           "for the machine's own needs (a RuntimeClass' overhead). `false`: only the guest's processors (with cgroup "
           "v2: the hypervisor as a whole), and the rest in `/kata_overhead/<sandbox>`.",
       .annotation = "sandbox_cgroup_only"},
      {.section = Section::kRuntime,
       .name = "static_sandbox_resource_mgmt",
       .fallback = false,
       .target = TO(runtime.static_sandbox_resource_mgmt),
       .doc = "The machine gets the pod's CPUs and memory at boot, and nothing is added or taken back later."},
      {.section = Section::kRuntime,
       .name = "disable_guest_empty_dir",
       .fallback = true,
       .target = TO(runtime.disable_guest_empty_dir),
       .doc =
           "emptyDir volumes on disk are the host's directories. `false`: they are in the guest's memory, and nobody "
           "on the host sees them (that is also so with `shared_fs = \"none\"`).",
       .dialect = Dialect::kGo},
      {.section = Section::kRuntime,
       .name = "create_container_timeout",
       .fallback = 60,
       .target = TO(runtime.create_container_timeout),
       .doc = "Seconds for the creation of a container; several times as long without hardware virtualisation.",
       .annotation = "create_container_timeout",
       .low = 1},
  };
}

std::vector<Key> unused_keys() {
  using enum Dialect;
  using enum Unused;
  return {
      unused("enable_vcpus_pinning", false, kBoth, kWarn, "One host CPU for each virtual one.", "enable_vcpus_pinning"),
      unused("guest_selinux_label", "", kGo, kWarn, "The containers' SELinux label.", "guest_selinux_label"),
      unused("enable_tracing", false, kBoth, kWarn, "Trace the runtime."),
      unused("jaeger_endpoint", "", kBoth, kHarmless, "Where traces go."),
      unused("jaeger_user", "", kBoth, kHarmless, "User name there."),
      unused("jaeger_password", "", kBoth, kHarmless, "Password there."),
      unused("sandbox_bind_mounts", Strings{}, kBoth, kWarn, "Host directories that every guest sees, read-only.",
             "sandbox_bind_mounts"),
      unused("vfio_mode", "guest-kernel", kBoth, kWarn, "How a container sees a passed-through device.", "vfio_mode"),
      unused("emptydir_mode", "shared-fs", kBoth, kWarn, "What emptyDir volumes are made of."),
      unused("experimental", Strings{}, kBoth, kWarn, "Experimental features.", "experimental"),
      unused("enable_pprof", false, kGo, kWarn, "Go's profiler.", "enable_pprof"),
      unused("dan_conf", "/run/kata-containers/dans", kBoth, kWarn, "Directly attached networks."),
      unused("experimental_force_guest_pull", false, kGo, kWarn, "The guest pulls images itself.",
             "experimental_force_guest_pull"),
      unused("pod_resource_api_sock", "", kBoth, kWarn, "The kubelet's socket for device lists."),
      unused("kubelet_root_dir", "/var/lib/kubelet", kBoth, kHarmless,
             "The kubelet's directory. Not needed: the kind of a volume is told by the end of its path."),
      unused("name", "virt_container", kRust, kWarn, "The kind of runtime.", "name"),
      unused("hypervisor_name", std::string(hypervisor::default_driver().name()), kRust, kWarn,
             "The `[hypervisor.X]` table to use.", "hypervisor_name"),
      unused("agent_name", "kata", kRust, kWarn, "The `[agent.X]` table to use.", "agent_name"),
      unused("keep_abnormal", false, kRust, kWarn, "Keep what failed."),
      unused("shared_mounts", {}, kRust, kWarn, "Mounts that containers of a pod share.", "shared_mounts"),
      unused("use_passfd_io", false, kRust, kHarmless, "Stdio as plain streams."),
      unused("passfd_listener_port", 1027, kRust, kHarmless, "Their port."),
      unused("log_level", "info", kRust, kWarn, "The runtime's log level."),
  };
}

std::vector<Key> factory_keys() {
  return {
      {.section = Section::kFactory,
       .name = "enable_template",
       .fallback = false,
       .target = TO(factory.enable_template),
       .doc = "Machines go on from a saved one and do not boot. The first makes it. See docs/templates.md."},
      {.section = Section::kFactory,
       .name = "template_path",
       .fallback = "/run/vc/vm/template",
       .target = TO(factory.template_path),
       .doc = "The directory for what is saved: about 50 MiB for each shape of machine."},
      factory("vm_cache_number", 0, Unused::kWarn, "Machines that are started ahead."),
      factory("vm_cache_endpoint", "/var/run/kata-containers/cache.sock", Unused::kHarmless,
              "The socket of their server."),
  };
}

}  // namespace

std::span<const Key> runtime_keys() {
  static const std::vector<Key> kKeys = [] {
    auto keys = used_keys();
    for (const auto& part : {unused_keys(), factory_keys()}) keys.insert(keys.end(), part.begin(), part.end());
    return keys;
  }();
  return kKeys;
}

}  // namespace kata::config
