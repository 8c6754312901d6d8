#include "runtime/host_check/host_check.h"

#include <sys/utsname.h>

#include <algorithm>
#include <functional>

#include "hypervisor/architecture/architecture.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/mountinfo.h"
#include "runtime/accelerator/kernel_module.h"
#include "runtime/accelerator/probe.h"
#include "runtime/accelerator/processor.h"
#include "runtime/cgroups/hierarchy.h"
#include "runtime/host_check/descriptors.h"
#include "runtime/host_check/memory.h"
#include "runtime/storage/shared_fs.h"

namespace kata::host_check {

namespace {

std::string make_image(const config::Config& config) {
  return concat("run ./dev image, or set the path in the [hypervisor.", config.hypervisor.driver->name(), "] table");
}

Item failed(std::string name, const Error& error, std::string fix) {
  return {std::move(name), Verdict::kError, error.message(), std::move(fix)};
}

Item check_processor(const config::Config& /*config*/) {
  utsname name{};
  ::uname(&name);
  const auto& built_for = hypervisor::architecture();
  if (name.machine != built_for.name) {
    return {"processor", Verdict::kError, concat(name.machine, " is not supported; ", built_for.name, " is"),
            concat("use a host with ", built_for.name, ", or a build for ", name.machine)};
  }
  auto processor = accelerator::read_processor();
  if (!processor) return failed("processor", processor.error(), "run mount -t proc proc /proc");
  return {"processor", Verdict::kOk, concat(name.machine, ", ", processor->vendor, ", ", processor->model), {}};
}

Item check_accelerator(const config::Config& config) {
  auto wanted = config.hypervisor.accelerator;
  auto choice = accelerator::choose_accelerator(wanted);
  if (!choice) return {"accelerator", Verdict::kError, choice.error().message(), choice.error().hint_text()};
  auto detail = concat(hypervisor::accelerator_name(choice->accelerator), ": ", choice->accelerator_reason);
  bool fell_back = choice->accelerator == hypervisor::Accelerator::kTcg && wanted != config::Accelerator::kTcg;
  if (!fell_back) return {"accelerator", Verdict::kOk, detail, {}};
  auto fix = accelerator::probe_kvm().fix;
  if (fix.empty()) {
    fix = concat("set accelerator = \"tcg\" in the [hypervisor.", config.hypervisor.driver->name(), "] table of ",
                 config.file.empty() ? config::default_paths().front() : config.file, " if emulation is what you want");
  }
  return {"accelerator", Verdict::kWarning, detail + "; guests are emulated, which is several times slower", fix};
}

Item check_channel(const config::Config& config) {
  auto wanted = config.hypervisor.agent_channel;
  auto capabilities = config.hypervisor.driver->capabilities();
  auto choice = accelerator::choose_channel(wanted, capabilities);
  if (!choice) return {"agent channel", Verdict::kError, choice.error().message(), choice.error().hint_text()};
  auto detail = concat(hypervisor::channel_name(choice->channel), ": ", choice->channel_reason);
  bool fell_back = choice->channel == hypervisor::Channel::kSerial && wanted != config::Channel::kSerial;
  if (!fell_back) return {"agent channel", Verdict::kOk, detail, {}};
  return {"agent channel", Verdict::kNote, detail, capabilities.vsock ? accelerator::probe_vhost_vsock().fix : ""};
}

Item check_root(const config::Config& config) {
  const auto& h = config.hypervisor;
  const auto* name = h.image.empty() ? "guest initrd" : "guest image";
  if (auto root = hypervisor::check_root(h.initrd, h.image); !root) {
    return failed(name, root.error(), h.image.empty() ? make_image(config) : root.error().hint_text());
  }
  const auto& path = h.image.empty() ? h.initrd : h.image;
  auto info = sys::stat(path);
  if (!info) return failed(name, info.error(), make_image(config));
  if (auto readable = sys::expect_readable(path); !readable) {
    return failed(name, readable.error(), "run chmod a+r " + path);
  }
  return {name, Verdict::kOk, concat(path, ", ", (info->st_size + 512 * 1024) / 1024 / 1024, " MiB"), {}};
}

Item check_shared_directory(const config::Config& config) {
  auto choice = storage::choose_shared_fs(config.hypervisor);
  if (!choice) return failed("shared directory", choice.error(), choice.error().hint_text());
  auto detail = concat(storage::shared_fs_name(choice->kind), ": ", choice->reason);
  if (choice->kind != storage::SharedFs::kVirtioFs) return {"shared directory", Verdict::kOk, detail, {}};
  return {"shared directory", Verdict::kOk, concat("virtio-fs by ", config.hypervisor.virtio_fs_daemon), {}};
}

Item check_descriptors(const config::Config& config) {
  auto choice = storage::choose_shared_fs(config.hypervisor);
  if (!choice || choice->kind != storage::SharedFs::kVirtioFs) {
    return {"descriptors", Verdict::kOk, "virtio-fs is not used", {}};
  }
  auto most = descriptors_of_daemon();
  auto detail = concat(most, " for virtio-fs' daemon");
  if (most >= kFewDescriptors) return {"descriptors", Verdict::kOk, detail, {}};
  return {"descriptors", Verdict::kWarning,
          detail + "; a guest that knows as many files has to forget some all the time",
          "raise the hard limit of open files: LimitNOFILE=1048576 in the engine's unit, or ulimit -Hn 1048576"};
}

// Like the engine's: what it mounts for containers is found all the same, but not what it mounts below a volume later.
Item check_mounts(const config::Config& /*config*/) {
  auto mounts = sys::read_mountinfo();
  if (!mounts) return failed("mounts", mounts.error(), "mount -t proc proc /proc");
  for (const auto& mount : *mounts) {
    if (mount.point == "/" && mount.shared) return {"mounts", Verdict::kOk, "/ is a shared mount", {}};
  }
  return {"mounts", Verdict::kNote,
          "/ is a private mount: what is mounted below a volume later does not arrive in its container",
          "run mount --make-rshared /"};
}

Item check_memory(const config::Config& config) {
  auto memory = read_memory();
  if (!memory) return failed("memory", memory.error(), "run mount -t proc proc /proc");
  auto available = memory->available_kib / 1024;
  auto detail = concat(available, " MiB available, ", config.hypervisor.default_memory, " MiB for a virtual machine");
  if (available >= config.hypervisor.default_memory) return {"memory", Verdict::kOk, detail, {}};
  return {"memory", Verdict::kWarning, detail, "lower default_memory, or free memory"};
}

Item check_vhost_net(const config::Config& /*config*/) {
  auto finding = accelerator::probe_vhost_net();
  return {"vhost-net", finding.usable ? Verdict::kOk : Verdict::kNote, finding.reason, finding.fix};
}

Item check_overlay(const config::Config& /*config*/) {
  auto known = sys::read_file("/proc/filesystems");
  if (known && known->find("\toverlay\n") != std::string::npos)
    return {"overlay", Verdict::kOk, "overlayfs is there", {}};
  return {"overlay", Verdict::kNote, "the kernel has no overlayfs loaded; engines need it for their images",
          accelerator::how_to_load("overlay")};
}

Item check_cgroups(const config::Config& /*config*/) {
  auto hierarchies = cgroups::find_hierarchies();
  bool v1 = false;
  bool v2 = false;
  std::string closed;
  for (const auto& one : hierarchies) {
    if (one.has_controllers()) (one.version == 2 ? v2 : v1) = true;
    if (one.read_only) closed += (closed.empty() ? "" : ", ") + one.name();
  }
  if (hierarchies.empty()) {
    return {"cgroups", Verdict::kNote, "none is mounted: nothing limits or counts a pod on this host",
            "run mount -t cgroup2 none /sys/fs/cgroup"};
  }
  std::string layout = v1 && v2 ? "version 1 and 2 (hybrid)" : v2 ? "version 2" : "version 1";
  if (closed.empty()) return {"cgroups", Verdict::kOk, layout, {}};
  return {"cgroups", Verdict::kNote, concat(layout, ", read-only: ", closed, "; they do not limit or count a pod"),
          "run mount -o remount,rw /sys/fs/cgroup"};
}

Item check_configuration(const config::Config& config) {
  auto file = config.file.empty() ? std::string("built-in defaults") : config.file;
  if (config.warnings.empty()) return {"configuration", Verdict::kOk, file, {}};
  auto detail = file;
  for (const auto& warning : config.warnings) detail += "; " + warning;
  return {"configuration", Verdict::kWarning, detail, "remove or correct these keys"};
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kNote:
      return "note";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kError:
      break;
  }
  return "error";
}

hypervisor::VmConfig machine_files(const config::Hypervisor& config) {
  hypervisor::VmConfig out;
  out.path = config.path;
  out.kernel = config.kernel;
  out.initrd = config.initrd;
  out.image = config.image;
  out.firmware = config.firmware;
  out.own = config.own;
  return out;
}

std::vector<Item> check_host(const config::Config& config) {
  std::vector<Item> out;
  for (const auto& check : {check_configuration, check_processor, check_accelerator, check_channel}) {
    out.push_back(check(config));
  }
  for (auto& one : config.hypervisor.driver->check_host(machine_files(config.hypervisor))) {
    out.push_back(std::move(one));
  }
  for (const auto& check : {check_root, check_shared_directory, check_descriptors, check_mounts, check_memory,
                            check_vhost_net, check_overlay, check_cgroups}) {
    out.push_back(check(config));
  }
  return out;
}

bool has(const std::vector<Item>& items, Verdict verdict) {
  return std::any_of(items.begin(), items.end(), [&](const Item& item) { return item.verdict == verdict; });
}

}  // namespace kata::host_check
