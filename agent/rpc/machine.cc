#include "agent/rpc/machine.h"

#include <linux/random.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <map>

#include "agent/guest/wait_for_device.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/text/number_list.h"

namespace kata::agent::machine {

namespace {

// The `online` files of the devices "<prefix><number>" that hold `state`, by number.
std::map<uint32_t, std::string> files_with(const std::string& directory, std::string_view prefix, char state) {
  std::map<uint32_t, std::string> files;
  auto names = sys::list_directory(directory);
  if (!names.ok()) return files;
  for (const auto& name : *names) {
    if (!name.starts_with(prefix)) continue;
    uint32_t number = 0;
    auto [end, error] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    if (error != std::errc{} || end != name.data() + name.size()) continue;
    auto file = concat(directory, "/", name, "/online");
    auto text = sys::read_file(file);
    if (text.ok() && text->starts_with(state)) files[number] = file;
  }
  return files;
}

void set_all_online(const std::string& directory, std::string_view prefix) {
  for (const auto& [number, file] : files_with(directory, prefix, '0')) {
    ignore(sys::write_control(file, "1"));  // it may be gone again, or come up by itself; who waits counts
  }
}

uint32_t online_cpus(const std::string& sys) {
  auto list = sys::read_file(sys + "/devices/system/cpu/online");
  auto numbers = list.ok() ? parse_number_list(*list) : std::nullopt;
  return numbers ? static_cast<uint32_t>(numbers->size()) : 0;
}

// Begins with the lowest number and, with `exactly`, sets no more online than are missing.
void set_cpus_online(const std::string& sys, const Online& wanted) {
  auto directory = sys + "/devices/system/cpu";
  if (!wanted.exactly) return set_all_online(directory, "cpu");
  auto count = online_cpus(sys);
  for (const auto& [number, file] : files_with(directory, "cpu", '0')) {
    if (count >= wanted.cpus) return;
    if (sys::write_control(file, "1")) ++count;
  }
}

// Begins with the highest number: the first CPU often cannot go offline.
Result<> set_rest_offline(const std::string& sys, uint32_t cpus) {
  auto online = files_with(sys + "/devices/system/cpu", "cpu", '1');
  auto count = online_cpus(sys);
  for (auto one = online.rbegin(); one != online.rend() && count > std::max(cpus, 1U); ++one, --count) {
    TRY_WRAP(sys::write_control(one->second, "0"), concat("setting CPU ", one->first, " offline"));
  }
  return {};
}

}  // namespace

Result<> set_online(const std::string& sys, const Online& wanted, std::chrono::milliseconds timeout) {
  if (!wanted.cpus_only) set_all_online(sys + "/devices/system/memory", "memory");
  uint32_t count = 0;
  auto are_online = [&]() -> Result<bool> {
    set_cpus_online(sys, wanted);
    count = online_cpus(sys);
    return count >= wanted.cpus;
  };
  if (!TRY(wait_for_device(timeout, are_online))) {
    return Error::make(Code::kDeadlineExceeded, concat("only ", count, " of ", wanted.cpus, " CPUs came online"));
  }
  return wanted.exactly ? set_rest_offline(sys, wanted.cpus) : Result<>{};
}

Result<> reseed_random(std::string_view data) {
  auto random = TRY(sys::open("/dev/random", O_WRONLY));
  TRY(sys::write_all(random.get(), data));
  // Makes the kernel use it now, rather than within the next minute: two clones of a machine must differ.
  if (::ioctl(random.get(), RNDRESEEDCRNG) != 0) return Error::sys(errno, "reseed the random number generator");
  return {};
}

uint64_t memory_block_bytes(const std::string& sys) {
  auto text = sys::read_file(sys + "/devices/system/memory/block_size_bytes");
  uint64_t bytes = 0;
  if (text.ok()) (void)std::from_chars(text->data(), text->data() + text->size(), bytes, 16);
  return bytes;
}

bool has_memory_probe(const std::string& sys) { return sys::exists(sys + "/devices/system/memory/probe"); }

Result<> probe_memory(const std::string& sys, const std::vector<uint64_t>& addresses) {
  if (!has_memory_probe(sys)) {
    return Error::make(Code::kFailedPrecondition, "this guest's kernel finds new memory by itself, and has no probe");
  }
  for (auto address : addresses) {
    std::array<char, 32> text{};
    (void)std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(address));
    TRY_WRAP(sys::write_control(sys + "/devices/system/memory/probe", text.data()), concat("memory at ", text.data()));
  }
  return {};
}

}  // namespace kata::agent::machine
