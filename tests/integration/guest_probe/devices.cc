#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include <array>
#include <set>

#include "probes.h"

namespace probe {

namespace {

std::string can_open(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  return fd ? std::string() : failed("open " + path);
}

// The names in the answer to DM_LIST_VERSIONS; each entry says how far the next one is.
std::set<std::string> targets(const char* data, size_t size) {
  std::set<std::string> out;
  dm_target_versions entry{};
  while (size > sizeof entry) {
    std::memcpy(&entry, data, sizeof entry);
    out.insert(std::string(data + sizeof entry, ::strnlen(data + sizeof entry, size - sizeof entry)));
    if (entry.next == 0 || entry.next >= size) break;
    data += entry.next;
    size -= entry.next;
  }
  return out;
}

}  // namespace

std::string tun(const std::string& dev) {
  Fd fd(::open((dev + "/net/tun").c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return failed("open /dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  return ::ioctl(fd.get(), TUNSETIFF, &request) == 0 ? std::string() : failed("make a tap device");
}

std::string fuse(const std::string& dev) { return can_open(dev + "/fuse"); }

std::string loop(const std::string& dev) {
  Fd fd(::open((dev + "/loop-control").c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return failed("open /dev/loop-control");
  return ::ioctl(fd.get(), LOOP_CTL_GET_FREE) >= 0 ? std::string() : failed("get a free loop device");
}

std::string device_mapper(const std::string& dev) {
  Fd fd(::open((dev + "/mapper/control").c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return failed("open /dev/mapper/control");
  alignas(dm_ioctl) std::array<char, 16384> buffer{};
  dm_ioctl request{};
  request.version[0] = DM_VERSION_MAJOR;
  request.data_size = buffer.size();
  request.data_start = sizeof request;
  std::memcpy(buffer.data(), &request, sizeof request);
  if (::ioctl(fd.get(), DM_LIST_VERSIONS, buffer.data()) != 0) return failed("list the targets");
  std::memcpy(&request, buffer.data(), sizeof request);
  auto found = targets(buffer.data() + request.data_start, buffer.size() - request.data_start);
  for (const auto* name : {"crypt", "verity"}) {
    if (!found.contains(name)) return std::string("there is no target ") + name;
  }
  return {};
}

std::string kvm(const std::string& dev) {
  Fd fd(::open((dev + "/kvm").c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return failed("open /dev/kvm");
  Fd machine(::ioctl(fd.get(), KVM_CREATE_VM, 0));
  return machine ? std::string() : failed("create a virtual machine");
}

std::string vhost(const std::string& dev) { return can_open(dev + "/vhost-net"); }

}  // namespace probe
