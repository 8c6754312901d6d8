#include "agent/storage/swap.h"

#include <sys/swap.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "agent/storage/block_device.h"
#include "lib/base/concat.h"

namespace kata::agent {

namespace {

// {2, 3}: "02/03".
std::string pci_path(const std::vector<uint32_t>& slots) {
  std::string path;
  for (auto slot : slots) {
    std::array<char, 16> text{};
    (void)std::snprintf(text.data(), text.size(), "%s%02x", path.empty() ? "" : "/", slot);
    path += text.data();
  }
  return path;
}

}  // namespace

Result<> add_swap(const std::vector<uint32_t>& slots, std::chrono::milliseconds hotplug_timeout) {
  if (slots.empty()) return Error::make(Code::kInvalidArgument, "AddSwap needs the PCI path of a disk");
  return add_swap_path(TRY_WRAP(wait_for_block_device("blk", pci_path(slots), hotplug_timeout), "adding swap"));
}

Result<> add_swap_path(const std::string& path) {
  if (!path.starts_with('/')) {
    return Error::make(Code::kInvalidArgument, concat("swap needs an absolute path, not \"", path, "\""));
  }
  if (::swapon(path.c_str(), 0) == 0) return {};
  auto error = Error::sys(errno, "swap on", path);
  if (error.is_errno(EINVAL)) return error.hint("make it a swap area first: mkswap");
  return error;
}

}  // namespace kata::agent
