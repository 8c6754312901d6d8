#include "runtime/host_check/host_check.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "hypervisor/qemu/kernel_image.h"
#include "hypervisor/qemu/preflight.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "runtime/accelerator/probe.h"
#include "runtime/accelerator/processor.h"
#include "runtime/cgroups/hierarchy.h"
#include "runtime/host_check/memory.h"

namespace kata::host_check {

namespace {

constexpr const char* kMakeImage = "./dev image  # or set the path in the [hypervisor.qemu] table";

Item failed(std::string name, const Error& error, std::string fix) {
  return {std::move(name), Verdict::kError, error.message(), std::move(fix)};
}

Item check_processor(const config::Config& /*config*/) {
  utsname name{};
  ::uname(&name);
  if (std::string_view(name.machine) != "x86_64") {
    return {"processor", Verdict::kError, concat(name.machine, " is not supported; x86_64 is"), {}};
  }
  auto processor = accelerator::read_processor();
  if (!processor) return failed("processor", processor.error(), "mount -t proc proc /proc");
  return {"processor", Verdict::kOk, concat(name.machine, ", ", processor->vendor, ", ", processor->model), {}};
}

Item check_accelerator(const config::Config& config) {
  auto choice = accelerator::choose(config.hypervisor.accelerator, "virtio-serial");
  if (!choice) return {"accelerator", Verdict::kError, choice.error().message(), choice.error().hint_text()};
  auto detail = concat(hypervisor::accelerator_name(choice->accelerator), ": ", choice->accelerator_reason);
  bool fell_back = choice->accelerator == hypervisor::Accelerator::kTcg && config.hypervisor.accelerator != "tcg";
  if (!fell_back) return {"accelerator", Verdict::kOk, detail, {}};
  auto fix = accelerator::probe_kvm().fix;
  return {"accelerator", Verdict::kWarning, detail + "; guests are emulated, which is several times slower",
          fix.empty() ? "set accelerator = \"tcg\" in the [hypervisor.qemu] table if emulation is what you want" : fix};
}

Item check_channel(const config::Config& config) {
  auto choice = accelerator::choose("tcg", config.hypervisor.agent_channel);
  if (!choice) return {"agent channel", Verdict::kError, choice.error().message(), choice.error().hint_text()};
  auto detail = concat(hypervisor::channel_name(choice->channel), ": ", choice->channel_reason);
  bool fell_back =
      choice->channel == hypervisor::Channel::kSerial && config.hypervisor.agent_channel != "virtio-serial";
  if (!fell_back) return {"agent channel", Verdict::kOk, detail, {}};
  return {"agent channel", Verdict::kNote, detail, accelerator::probe_vhost_vsock().fix};
}

Item check_qemu(const config::Config& config) {
  constexpr int kOldest = 6;  // virtio-balloon's free page reporting and -accel's tb-size are older still
  auto path = hypervisor::find_qemu(config.hypervisor.path);
  if (!path) return failed("qemu", path.error(), path.error().hint_text());
  auto version = qemu_version(*path);
  if (!version) return failed("qemu", version.error(), "apt-get install --reinstall qemu-system-x86");
  auto detail = concat(*path, ", version ", *version);
  if (std::atoi(version->c_str()) >= kOldest) return {"qemu", Verdict::kOk, detail, {}};
  return {"qemu", Verdict::kWarning, concat(detail, "; older than anything that was tested"),
          "apt-get install qemu-system-x86"};
}

Item check_firmware(const config::Config& config) {
  const auto& configured = config.hypervisor.firmware;
  if (!configured.empty()) {
    if (sys::exists(configured)) return {"firmware", Verdict::kOk, configured, {}};
    return {"firmware", Verdict::kError, concat(configured, " does not exist"),
            "remove firmware from the configuration"};
  }
  auto fast = hypervisor::find_fast_firmware();
  if (!fast.empty()) return {"firmware", Verdict::kOk, fast, {}};
  return {"firmware", Verdict::kWarning, "no qboot.rom: SeaBIOS is used, which starts half a second later",
          "apt-get install qemu-system-data"};
}

Item check_kernel(const config::Config& config) {
  const auto& path = config.hypervisor.kernel;
  if (path.empty()) return {"guest kernel", Verdict::kError, "none is configured", kMakeImage};
  auto image = hypervisor::inspect_kernel(path);
  if (!image) {
    return failed("guest kernel", image.error(),
                  image.error().is_errno(ENOENT) ? kMakeImage : image.error().hint_text());
  }
  if (image->format == hypervisor::KernelImage::Format::kPvhElf) return {"guest kernel", Verdict::kOk, path, {}};
  return {"guest kernel", Verdict::kWarning, concat(path, " is compressed: it unpacks itself at every start"),
          kMakeImage};
}

Item check_root(const config::Config& config) {
  const auto& h = config.hypervisor;
  if (!h.initrd.empty() && !h.image.empty()) {
    return {"guest image", Verdict::kError, "both initrd and image are configured", "remove one of them"};
  }
  const auto* name = h.image.empty() ? "guest initrd" : "guest image";
  const auto& path = h.image.empty() ? h.initrd : h.image;
  if (path.empty()) return {name, Verdict::kError, "none is configured", kMakeImage};
  auto info = sys::stat(path);
  if (!info) return failed(name, info.error(), kMakeImage);
  if (::access(path.c_str(), R_OK) < 0) return failed(name, Error::sys(errno, "read", path), "chmod a+r " + path);
  return {name, Verdict::kOk, concat(path, ", ", (info->st_size + 512 * 1024) / 1024 / 1024, " MiB"), {}};
}

Item check_shared_directory(const config::Config& config) {
  const auto& kind = config.hypervisor.shared_fs;
  const auto& daemon = config.hypervisor.virtio_fs_daemon;
  bool automatic = kind.empty() || kind == "auto";
  if (!automatic && kind != "virtio-fs") return {"shared directory", Verdict::kOk, kind, {}};
  if (!daemon.empty() && ::access(daemon.c_str(), X_OK) == 0) {
    return {"shared directory", Verdict::kOk, concat("virtio-fs by ", daemon), {}};
  }
  if (automatic) return {"shared directory", Verdict::kOk, "virtio-9p: there is no virtiofsd", {}};
  return {"shared directory", Verdict::kError,
          concat("shared_fs = \"virtio-fs\", but there is no daemon at \"", daemon, "\""),
          "apt-get install qemu-system-common and set virtio_fs_daemon = \"/usr/lib/qemu/virtiofsd\", or set "
          "shared_fs = \"virtio-9p\""};
}

Item check_memory(const config::Config& config) {
  auto memory = read_memory();
  if (!memory) return failed("memory", memory.error(), "mount -t proc proc /proc");
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
          "modprobe overlay"};
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
            "mount -t cgroup2 none /sys/fs/cgroup"};
  }
  std::string layout = v1 && v2 ? "version 1 and 2 (hybrid)" : v2 ? "version 2" : "version 1";
  if (closed.empty()) return {"cgroups", Verdict::kOk, layout, {}};
  return {"cgroups", Verdict::kNote, concat(layout, ", read-only: ", closed, "; they do not limit or count a pod"),
          "mount -o remount,rw /sys/fs/cgroup"};
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

std::vector<Item> check_host(const config::Config& config) {
  std::vector<Item> out;
  for (const auto& check : {check_configuration, check_processor, check_accelerator, check_channel, check_qemu,
                            check_firmware, check_kernel, check_root, check_shared_directory, check_memory,
                            check_vhost_net, check_overlay, check_cgroups}) {
    out.push_back(check(config));
  }
  return out;
}

bool has(const std::vector<Item>& items, Verdict verdict) {
  return std::any_of(items.begin(), items.end(), [&](const Item& item) { return item.verdict == verdict; });
}

}  // namespace kata::host_check
