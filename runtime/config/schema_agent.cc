// [agent.kata] and [agent.kata.mem_agent].
#include "runtime/config/schema.h"
#include "runtime/config/targets.h"

namespace kata::config {

namespace {

Key unused(std::string_view name, Value fallback, Dialect dialect, Unused kind, std::string_view doc,
           std::string_view annotation = {}) {
  return {.section = Section::kAgent,
          .name = name,
          .fallback = std::move(fallback),
          .doc = doc,
          .annotation = annotation,
          .dialect = dialect,
          .unused = kind};
}

Key memory(std::string_view name, Value fallback, std::string_view doc) {
  auto key = unused(name, std::move(fallback), Dialect::kRust, Unused::kHarmless, doc);
  key.section = Section::kMemAgent;
  return key;
}

std::vector<Key> used_keys() {
  return {
      {.section = Section::kAgent,
       .name = "enable_debug",
       .fallback = false,
       .target = TO(agent.enable_debug),
       .doc = "The agent logs at level debug."},
      {.section = Section::kAgent,
       .name = "debug_console_enabled",
       .fallback = false,
       .target = TO(agent.debug_console_enabled),
       .doc = "A root shell in the guest itself, reached by `kata-runtime exec SANDBOX` without a command. Only root "
              "of the host can."},
      {.section = Section::kAgent,
       .name = "kernel_modules",
       .fallback = Strings{},
       .target = TO(agent.kernel_modules),
       .doc = "Kernel modules that the guest loads, each with its parameters behind it: `\"e1000e EEE=1\"`.",
       .annotation = "kernel_modules"},
      {.section = Section::kAgent,
       .name = "dial_timeout",
       .fallback = 45,
       .target = TO(agent.dial_timeout),
       .doc = "Seconds until the agent must have answered; several times as long without hardware virtualisation. A "
              "machine that dies is noticed at once.",
       .dialect = Dialect::kGo,
       // In the Rust runtime's files this is 3000, but that runtime waits 10 s at least.
       .aliases = {{"reconnect_timeout_ms", 0.001, 10}},
       .low = 1},
      {.section = Section::kAgent,
       .name = "create_container_timeout",
       .fallback = 60,
       .target = TO(runtime.create_container_timeout),
       .doc = "The Rust runtime's place of `create_container_timeout` of `[runtime]`.",
       .dialect = Dialect::kRust,
       .aliases = {{"request_timeout"}},
       .low = 1},
  };
}

std::vector<Key> unused_keys() {
  using enum Dialect;
  using enum Unused;
  return {
      unused("enable_tracing", false, kBoth, kWarn, "Trace the agent.", "enable_tracing"),
      unused("cdh_api_timeout", 50, kGo, kWarn, "Seconds for the confidential data hub."),
      unused("cdh_api_timeout_ms", 50000, kRust, kWarn, "Milliseconds for the confidential data hub."),
      unused("launch_process_timeout", 6, kBoth, kWarn, "Seconds for the guest's own daemons to start."),
      unused("visible_cdi_devices", false, kBoth, kWarn, "`VISIBLE_CDI_DEVICES` in the environment."),
      unused("server_port", 1024, kRust, kWarn, "The agent's port."),
      unused("log_port", 1025, kRust, kWarn, "The port of the agent's log."),
      unused("passfd_listener_port", 1027, kRust, kHarmless, "The port for stdio as plain streams."),
      unused("dial_timeout_ms", 10, kRust, kWarn, "Milliseconds for one attempt to connect."),
      unused("health_check_request_timeout_ms", 90000, kRust, kWarn, "Milliseconds for a health check."),
      unused("container_pipe_size", 0, kRust, kWarn, "Bytes of the containers' pipes.", "container_pipe_size"),
      unused("policy", "", kRust, kRefuse, "The agent's policy (Rego).", "policy"),
      unused("log_level", "info", kRust, kWarn, "The agent's log level."),
  };
}

std::vector<Key> memory_keys() {
  auto enable = memory("mem_agent_enable", false, "Reclaim and compact memory inside the guest.");
  enable.unused = Unused::kWarn;
  enable.aliases = {{"enable"}};
  return {
      enable,
      memory("memcg_disable", false, "No reclaim."),
      memory("memcg_swap", false, "Reclaim swaps."),
      memory("memcg_swappiness_max", 50, "Most swappiness."),
      memory("memcg_period_secs", 600, "Seconds between two reclaims."),
      memory("memcg_period_psi_percent_limit", 1, "Pressure above which a reclaim waits."),
      memory("memcg_eviction_psi_percent_limit", 1, "Pressure above which a reclaim stops."),
      memory("memcg_eviction_run_aging_count_min", 3, "Least agings before an eviction."),
      memory("compact_disable", false, "No compaction."),
      memory("compact_period_secs", 600, "Seconds between two compactions."),
      memory("compact_period_psi_percent_limit", 1, "Pressure above which a compaction waits."),
      memory("compact_psi_percent_limit", 5, "Pressure above which a compaction stops."),
      memory("compact_sec_max", 300, "Most seconds of a compaction."),
      memory("compact_order", 9, "Order of the pages that are wanted."),
      memory("compact_threshold", 1024, "Free pages that start a compaction."),
      memory("compact_force_times", std::numeric_limits<int64_t>::max(), "Compactions that may be put off."),
  };
}

}  // namespace

std::span<const Key> agent_keys() {
  static const std::vector<Key> kKeys = [] {
    auto keys = used_keys();
    for (const auto& part : {unused_keys(), memory_keys()}) keys.insert(keys.end(), part.begin(), part.end());
    return keys;
  }();
  return kKeys;
}

}  // namespace kata::config
