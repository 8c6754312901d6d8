#include "runtime/config/resolve.h"

#include <algorithm>
#include <cmath>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/program.h"
#include "runtime/config/host_size.h"
#include "runtime/config/schema.h"
#include "runtime/config/search.h"

namespace kata::config {

namespace {

constexpr uint64_t kMebibyte = 1U << 20U;

std::string named(const Config& config) { return config.file.empty() ? "configuration" : config.file; }

Error invalid(const Config& config, std::string_view what) {
  return Error::make(Code::kInvalidArgument, concat(named(config), ": ", what));
}

void resolve_files(Hypervisor& hypervisor) {
  if (hypervisor.path.empty()) {
    // Without one, the driver's error about a missing file names the usual place.
    const auto& driver = *hypervisor.driver;
    hypervisor.path =
        driver.find_program("").value_or(concat(hypervisor::program_directories().front(), driver.program()));
  }
  if (hypervisor.kernel.empty()) hypervisor.kernel = data_directory() + "/vmlinux.container";
  if (hypervisor.initrd.empty() && hypervisor.image.empty()) {
    hypervisor.initrd = data_directory() + "/kata-containers-initrd.img";
  }
}

void resolve_cpus(Config& config) {
  auto& hypervisor = config.hypervisor;
  auto host = host_size().cpus;
  if (hypervisor.default_maxvcpus == 0 || hypervisor.default_maxvcpus > host) hypervisor.default_maxvcpus = host;
  if (hypervisor.default_vcpus < 0) hypervisor.default_vcpus = host;
  if (hypervisor.default_vcpus == 0) hypervisor.default_vcpus = 1;
  if (std::ceil(hypervisor.default_vcpus) > hypervisor.default_maxvcpus) {
    config.warnings.push_back(concat("default_vcpus is more than the ", hypervisor.default_maxvcpus,
                                     " CPUs that the machine may have: using ", hypervisor.default_maxvcpus));
    hypervisor.default_vcpus = hypervisor.default_maxvcpus;
  }
}

Result<> resolve_memory(Config& config) {
  auto& hypervisor = config.hypervisor;
  if (hypervisor.default_memory == 0) {
    Schema schema(*hypervisor.driver);
    hypervisor.default_memory = std::get<int64_t>(schema.find(Section::kHypervisor, "default_memory").key->fallback);
  }
  auto host = host_size().memory_mib;
  auto& most = hypervisor.default_maxmemory;
  if (most == 0 || (host != 0 && most > host)) most = host;
  if (most != 0 && hypervisor.default_memory > most) {
    return invalid(config, concat("default_memory is ", hypervisor.default_memory, " MiB, but the machine may have ",
                                  most, " MiB (default_maxmemory, or the host's memory)"));
  }
  return {};
}

Result<> check_boot(const Config& config) {
  const auto& hypervisor = config.hypervisor;
  TRY_WRAP(hypervisor::check_root(hypervisor.initrd, hypervisor.image), named(config));
  auto initrd = sys::stat(hypervisor.initrd);  // a missing one is the hypervisor's business
  if (initrd && static_cast<uint64_t>(initrd->st_size) >= hypervisor.default_memory * kMebibyte) {
    return invalid(config, concat("initrd ", hypervisor.initrd, " does not fit into default_memory (",
                                  hypervisor.default_memory, " MiB)"))
        .hint("set a larger default_memory");
  }
  return {};
}

Result<> resolve_virtio_fs(Config& config) {
  auto& hypervisor = config.hypervisor;
  if (hypervisor.virtio_fs_daemon.empty()) {
    hypervisor.virtio_fs_daemon =
        sys::find_program({"/usr/libexec/virtiofsd", "/usr/lib/virtiofsd", "/usr/lib/qemu/virtiofsd",
                           "/opt/kata/libexec/virtiofsd", "virtiofsd"});
  }
  if (hypervisor.shared_fs != SharedFs::kVirtioFs) return {};
  TRY_WRAP(require_virtio_fs_daemon(hypervisor), named(config));
  return {};
}

}  // namespace

Result<std::string> require_virtio_fs_daemon(const Hypervisor& hypervisor) {
  const auto& daemon = hypervisor.virtio_fs_daemon;
  if (!daemon.empty() && !sys::find_program({daemon}).empty()) return daemon;
  auto what = daemon.empty() ? std::string("there is no virtiofsd on this host")
                             : concat("virtio_fs_daemon ", daemon, " is not there, or is not a program");
  return Error::make(Code::kNotFound, concat("shared_fs is \"virtio-fs\", but ", what))
      .hint(
          "install virtiofsd (Debian 12: qemu-system-common has it) and set virtio_fs_daemon to its path, or set "
          "shared_fs = \"virtio-9p\", which needs no daemon");
}

Result<> resolve(Config& config) {
  resolve_files(config.hypervisor);
  resolve_cpus(config);
  TRY(resolve_memory(config));
  TRY(check_boot(config));
  return resolve_virtio_fs(config);
}

}  // namespace kata::config
