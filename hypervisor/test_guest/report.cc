#include "hypervisor/test_guest/report.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace test_guest {

namespace {

using kata::concat;

std::vector<std::string> list(const std::string& directory) {
  auto names = kata::sys::list_directory(directory).value_or(std::vector<std::string>());
  std::sort(names.begin(), names.end());
  return names;
}

// The first word.
std::string read(const std::string& path) {
  auto text = kata::sys::read_file(path).value_or("");
  return text.substr(0, text.find_first_of(" \n"));
}

void add_pci(std::string& out) {
  for (const auto& name : list("/sys/bus/pci/devices")) {
    auto of = "/sys/bus/pci/devices/" + name;
    out += concat("pci ", name, " ", read(of + "/vendor").substr(2), ":", read(of + "/device").substr(2), "\n");
  }
}

void add_net(std::string& out) {
  for (const auto& name : list("/sys/class/net")) {
    auto queues = list(concat("/sys/class/net/", name, "/queues"));
    auto receiving = std::count_if(queues.begin(), queues.end(), [](const auto& q) { return q.starts_with("rx-"); });
    out += concat("net ", name, " ", read(concat("/sys/class/net/", name, "/address")), "\n");
    out += concat("queues ", name, " ", receiving, "\n");
  }
}

void add_blocks(std::string& out) {
  constexpr uint64_t kSector = 512;
  for (const auto& name : list("/sys/block")) {
    auto of = "/sys/block/" + name;
    auto serial = read(of + "/serial");  // virtio-blk's; of a SCSI disk page 0x80, after 4 bytes
    if (auto page = kata::sys::read_file(of + "/device/vpd_pg80").value_or(""); page.size() > 4)
      serial = page.substr(4);
    out += concat("block ", name, " ", std::strtoull(read(of + "/size").c_str(), nullptr, 10) * kSector, " ",
                  serial.empty() ? "-" : serial, " ", read(of + "/ro") == "1" ? "ro" : "rw", "\n");
  }
}

void add_memory(std::string& out) {
  auto text = kata::sys::read_file("/proc/meminfo").value_or("");
  auto at = text.find_first_of("0123456789");
  out += concat("memory ", at == std::string::npos ? "?" : text.substr(at, text.find(' ', at) - at), "\n");
}

void switch_on(const std::string& directory, std::string_view prefix) {
  for (const auto& name : list(directory)) {
    auto file = concat(directory, "/", name, "/online");
    if (name.starts_with(prefix) && read(file) == "0") kata::ignore(kata::sys::write_control(file, "1"));
  }
}

}  // namespace

std::string report() {
  std::string out;
  add_pci(out);
  add_net(out);
  add_blocks(out);
  out += concat("cpus ", ::sysconf(_SC_NPROCESSORS_ONLN), "\n");
  add_memory(out);
  return out;
}

void set_online() {
  switch_on("/sys/devices/system/cpu", "cpu");
  switch_on("/sys/devices/system/memory", "memory");
}

}  // namespace test_guest
