#include "hypervisor/qemu/kernel_command_line.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "hypervisor/qemu/machine_shape.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::hypervisor {

namespace {

std::string_view key_of(std::string_view parameter) { return parameter.substr(0, parameter.find('=')); }

bool adds_up(std::string_view key) { return key == "console" || key == "systemd.mask"; }

void append(std::vector<std::string>& out, std::span<const std::string_view> parameters) {
  for (auto text : parameters) out.emplace_back(text);
}

std::vector<std::string> driver_parameters(const VmConfig& config, const Architecture& architecture) {
  std::vector<std::string> out = {
      concat("console=", architecture.console),
      "panic=-1",  // a panic reboots at once, which -no-reboot turns into the VMM's end
      "cgroup_no_v1=all",
      "net.ifnames=0",
      // The machine's network is the pod's, which has no interfaces that nobody asked for.
      "dummy.numdummies=0",
      // 0.35 s of a stock kernel's 1.6 s to init under TCG
      "cryptomgr.notests",
  };
  append(out, architecture.kernel_parameters);
  if (!config.debug) out.emplace_back("quiet");
  if (grows_by_virtio_mem(config) || grows_by_modules(config)) {
    // What is plugged in is used at once; most of it movable, so that it can go again.
    out.emplace_back("memhp_default_state=online");
    out.emplace_back("memory_hotplug.online_policy=auto-movable");
  }
  if (starts_with_all_processors(config) && config.max_vcpus > config.vcpus) {
    out.push_back(concat("maxcpus=", config.vcpus));  // the others are there, and stay offline
  }
  if (config.accelerator == Accelerator::kTcg) {
    append(out, architecture.emulated_parameters);
    auto khz = architecture.counter_khz == nullptr ? 0 : architecture.counter_khz();
    if (khz != 0) out.push_back(concat("tsc_early_khz=", khz));
  }
  return out;
}

// Images are made for systemd or for the agent as init; both take these.
std::vector<std::string> image_parameters() {
  return {"systemd.unit=kata-containers.target", "systemd.mask=systemd-networkd.service",
          "systemd.mask=systemd-networkd.socket"};
}

// The file system at this offset of an image: ext4's magic is at 1024 + 56, EROFS's at 1024.
std::string file_system_at(int fd, off_t offset) {
  std::array<unsigned char, 64> block{};
  if (::pread(fd, block.data(), block.size(), offset + 1024) != static_cast<ssize_t>(block.size())) return {};
  if (block[56] == 0x53 && block[57] == 0xef) return "ext4";
  constexpr std::array<unsigned char, 4> kErofs = {0xe2, 0xe1, 0xf5, 0xe0};
  return std::equal(kErofs.begin(), kErofs.end(), block.begin()) ? "erofs" : "";
}

// The first partition's offset in bytes, 0 without a partition table (MBR: entry 1 at 446, LBA at +8).
off_t first_partition(int fd) {
  std::array<unsigned char, 512> sector{};
  if (::pread(fd, sector.data(), sector.size(), 0) != static_cast<ssize_t>(sector.size())) return 0;
  if (sector[510] != 0x55 || sector[511] != 0xaa) return 0;
  uint32_t lba = 0;
  std::memcpy(&lba, &sector[446 + 8], sizeof lba);
  return static_cast<off_t>(lba) * 512;
}

}  // namespace

Result<std::vector<std::string>> root_parameters(const std::string& image) {
  auto fd = TRY(sys::open(image, O_RDONLY));
  auto type = file_system_at(fd.get(), 0);
  std::string device = "/dev/vda";
  if (type.empty()) {
    device = "/dev/vda1";
    type = file_system_at(fd.get(), first_partition(fd.get()));
  }
  if (type.empty()) {
    return Error::make(Code::kInvalidArgument,
                       concat("the guest image ", image, " holds neither an ext4 nor an EROFS file system"));
  }
  std::vector<std::string> out = {concat("root=", device), concat("rootfstype=", type), "ro"};
  if (type == "ext4") out.emplace_back("rootflags=data=ordered,errors=remount-ro");
  return out;
}

Result<std::string> kernel_command_line(const VmConfig& config, const Architecture& architecture) {
  auto parameters = driver_parameters(config, architecture);
  if (!config.image.empty()) {
    for (auto& text : TRY(root_parameters(config.image))) parameters.push_back(std::move(text));
    for (auto& text : image_parameters()) parameters.push_back(std::move(text));
  }
  std::erase_if(parameters, [&](const std::string& own) {
    auto key = key_of(own);
    return !adds_up(key) && std::any_of(config.kernel_params.begin(), config.kernel_params.end(),
                                        [&](const std::string& user) { return key_of(user) == key; });
  });
  parameters.insert(parameters.end(), config.kernel_params.begin(), config.kernel_params.end());
  std::string line;
  for (const auto& text : parameters) line += line.empty() ? text : " " + text;
  if (line.size() > architecture.longest_command_line) {
    return Error::make(Code::kInvalidArgument,
                       concat("the guest kernel's command line is ", line.size(), " bytes long, more than the ",
                              architecture.longest_command_line, " it takes"))
        .hint("shorten kernel_params");
  }
  return line;
}

}  // namespace kata::hypervisor
