#include "runtime/config/resolve.h"

#include <sys/sysinfo.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "runtime/config/schema.h"
#include "runtime/config/search.h"

namespace kata::config {

namespace {

constexpr uint64_t kMebibyte = 1U << 20U;

Error invalid(const Config& config, std::string what) {
  auto where = config.file.empty() ? std::string("configuration") : config.file;
  return Error::make(Code::kInvalidArgument, concat(where, ": ", what));
}

uint64_t host_memory_mib() {
  struct sysinfo info {};
  return sysinfo(&info) == 0 ? static_cast<uint64_t>(info.totalram) * info.mem_unit / kMebibyte : 0;
}

void resolve_files(Hypervisor& hypervisor) {
  if (hypervisor.path.empty()) {
    hypervisor.path =
        find_program({"qemu-system-x86_64", "/usr/bin/qemu-system-x86_64", "/opt/kata/bin/qemu-system-x86_64"});
    // The driver's error about a missing file names it.
    if (hypervisor.path.empty()) hypervisor.path = "/usr/bin/qemu-system-x86_64";
  }
  if (hypervisor.kernel.empty()) hypervisor.kernel = data_directory() + "/vmlinux.container";
  if (hypervisor.initrd.empty() && hypervisor.image.empty()) {
    hypervisor.initrd = data_directory() + "/kata-containers-initrd.img";
  }
}

void resolve_cpus(Config& config) {
  auto& hypervisor = config.hypervisor;
  auto host = std::max(1U, std::thread::hardware_concurrency());
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
    hypervisor.default_memory = std::get<int64_t>(find_key(Section::kHypervisor, "default_memory").key->fallback);
  }
  auto host = host_memory_mib();
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
  if (!hypervisor.image.empty() && !hypervisor.initrd.empty()) {
    return invalid(config, concat("both image (", hypervisor.image, ") and initrd (", hypervisor.initrd, ") are set"))
        .hint("remove one of them");
  }
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
  auto& daemon = hypervisor.virtio_fs_daemon;
  auto wanted = daemon;
  if (daemon.empty()) {
    daemon = find_program({"/usr/libexec/virtiofsd", "/usr/lib/virtiofsd", "/usr/lib/qemu/virtiofsd",
                           "/opt/kata/libexec/virtiofsd", "virtiofsd"});
  }
  if (hypervisor.shared_fs != "virtio-fs") return {};
  if (!daemon.empty() && !find_program({daemon}).empty()) return {};
  auto what = wanted.empty() ? std::string("there is no virtiofsd on this host")
                             : concat("virtio_fs_daemon ", wanted, " is not there, or is not a program");
  return invalid(config, concat("shared_fs is \"virtio-fs\", but ", what))
      .with_code(Code::kNotFound)
      .hint(
          "install virtiofsd (Debian 12: qemu-system-common has it) and set virtio_fs_daemon to its path, or set "
          "shared_fs = \"virtio-9p\", which needs no daemon");
}

}  // namespace

Result<> resolve(Config& config) {
  resolve_files(config.hypervisor);
  resolve_cpus(config);
  TRY(resolve_memory(config));
  TRY(check_boot(config));
  return resolve_virtio_fs(config);
}

}  // namespace kata::config
