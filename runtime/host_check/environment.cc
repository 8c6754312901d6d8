#include "runtime/host_check/environment.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>

#include "hypervisor/architecture/architecture.h"
#include "lib/base/concat.h"
#include "lib/oci/version.h"
#include "lib/sys/file.h"
#include "lib/version/version.h"
#include "runtime/accelerator/probe.h"
#include "runtime/accelerator/processor.h"
#include "runtime/host_check/host_check.h"
#include "runtime/host_check/memory.h"

namespace kata::host_check {

namespace {

constexpr const char* kFormatVersion = "1.0.27";

int64_t number(uint64_t value) { return static_cast<int64_t>(value); }

Table hypervisor_table(const config::Config& config) {
  const auto& h = config.hypervisor;
  auto value = [&](std::string_view key) { return config::value_in_use(config, key); };
  auto path = h.driver->find_program(h.path);
  auto version = path ? h.driver->version(*path) : Result<std::string>(path.error());
  return {
      {"MachineType", value("machine_type")},
      {"Version", std::move(version).value_or("unknown")},
      {"Path", path ? *path : h.path},
      {"BlockDeviceDriver", value("block_device_driver")},
      {"EntropySource", h.entropy_source},
      {"SharedFS", value("shared_fs")},
      {"VirtioFSDaemon", h.virtio_fs_daemon},
      {"SocketPath", std::string()},
      {"Msize9p", number(h.msize_9p)},
      {"MemorySlots", int64_t{std::atoll(value("memory_slots").c_str())}},
      {"HotPlugVFIO", std::string("no-port")},
      {"ColdPlugVFIO", std::string("no-port")},
      {"PCIeRootPort", int64_t{0}},
      {"PCIeSwitchPort", int64_t{0}},
      {"Debug", h.enable_debug},
      {"SecurityInfo", Table{{"Rootless", false},
                             {"DisableSeccomp", value("seccomp_sandbox").empty()},
                             {"GuestHookPath", h.guest_hook_path},
                             {"EnableAnnotations", h.enable_annotations},
                             {"ConfidentialGuest", false}}},
  };
}

Table version_table() {
  constexpr std::string_view kVersion = KATA_VERSION;
  int64_t parts[3] = {};
  size_t part = 0;
  for (char c : kVersion) {
    if (c == '.' && ++part == 3) break;
    if (c >= '0' && c <= '9') parts[part] = parts[part] * 10 + (c - '0');
  }
  return {{"Semver", std::string(kVersion)},
          {"Commit", std::string(commit())},
          {"Major", parts[0]},
          {"Minor", parts[1]},
          {"Patch", parts[2]}};
}

Table runtime_table(const config::Config& config) {
  auto path = sys::read_link("/proc/self/exe");
  const auto& r = config.runtime;
  return {
      {"Path", path ? *path : ""},
      {"GuestSeLinuxLabel", std::string()},
      {"Experimental", std::vector<std::string>()},
      {"Debug", r.enable_debug},
      {"Trace", false},
      {"DisableGuestSeccomp", r.disable_guest_seccomp},
      {"DisableNewNetNs", r.disable_new_netns},
      {"SandboxCgroupOnly", r.sandbox_cgroup_only},
      {"Config", Table{{"Path", config.file}}},
      {"Version", Table{{"OCI", std::string(oci::kVersion)}, {"Version", version_table()}}},
  };
}

// A field of /etc/os-release: os-release(5).
std::string distribution(std::string_view key) {
  auto text = sys::read_file("/etc/os-release");
  if (!text) return "unknown";
  auto wanted = concat("\n", key, "=");
  auto whole = "\n" + *text;
  auto at = whole.find(wanted);
  if (at == std::string::npos) return "unknown";
  at += wanted.size();
  auto value = whole.substr(at, whole.find('\n', at) - at);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return value;
}

Entry accelerator_entry(const config::Hypervisor& h) {
  auto choice = accelerator::choose_accelerator(h.accelerator);
  if (!choice) return {"Accelerator", Table{{"Name", std::string("none")}, {"Reason", choice.error().text()}}};
  return {"Accelerator", Table{{"Name", std::string(hypervisor::accelerator_name(choice->accelerator))},
                               {"Reason", choice->accelerator_reason},
                               {"TimeoutFactor", int64_t{choice->timeout_factor}}}};
}

Entry channel_entry(const config::Hypervisor& h) {
  auto choice = accelerator::choose_channel(h.agent_channel, h.driver->capabilities());
  if (!choice) return {"AgentChannel", Table{{"Name", std::string("none")}, {"Reason", choice.error().text()}}};
  return {"AgentChannel",
          Table{{"Name", std::string(hypervisor::channel_name(choice->channel))}, {"Reason", choice->channel_reason}}};
}

// What the host's KVM offers; upstream's names. None of them is used.
std::vector<std::string> guest_protections() {
  const std::pair<const char*, const char*> kParameters[] = {
      {"tdx", "kvm_intel/parameters/tdx"}, {"sev", "kvm_amd/parameters/sev"}, {"snp", "kvm_amd/parameters/sev_snp"}};
  std::vector<std::string> out;
  for (const auto& [name, parameter] : kParameters) {
    auto value = sys::read_file(concat("/sys/module/", parameter), 16);
    if (value && (value->starts_with('Y') || value->starts_with('1'))) out.emplace_back(name);
  }
  return out;
}

Table host_table(const config::Config& config) {
  utsname name{};
  ::uname(&name);
  auto processor = accelerator::read_processor();
  auto memory = read_memory();
  auto m = memory ? *memory : Memory{};
  return {
      {"AvailableGuestProtections", guest_protections()},
      {"Kernel", std::string(name.release)},
      {"Architecture", std::string(hypervisor::architecture().engine_name)},
      {"VMContainerCapable", !has(check_host(config), Verdict::kError)},
      {"SupportVSocks", accelerator::probe_vhost_vsock().usable},
      {"Distro", Table{{"Name", distribution("NAME")}, {"Version", distribution("VERSION_ID")}}},
      {"CPU", Table{{"Vendor", processor ? processor->vendor : "unknown"},
                    {"Model", processor ? processor->model : "unknown"},
                    {"CPUs", int64_t{::sysconf(_SC_NPROCESSORS_ONLN)}}}},
      {"Memory",
       Table{{"Total", number(m.total_kib)}, {"Free", number(m.free_kib)}, {"Available", number(m.available_kib)}}},
      accelerator_entry(config.hypervisor),
      channel_entry(config.hypervisor),
  };
}

}  // namespace

Table describe_environment(const config::Config& config) {
  const auto& h = config.hypervisor;
  return {
      {"Kernel", Table{{"Path", h.kernel}, {"Parameters", h.kernel_params}}},
      {"Meta", Table{{"Version", std::string(kFormatVersion)}}},
      {"Image", Table{{"Path", h.image}}},
      {"Initrd", Table{{"Path", h.initrd}}},
      {"Hypervisor", hypervisor_table(config)},
      {"Runtime", runtime_table(config)},
      {"Host", host_table(config)},
      {"Agent", Table{{"Debug", config.agent.enable_debug}, {"Trace", false}}},
  };
}

}  // namespace kata::host_check
