#include "hypervisor/qemu/memory.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "hypervisor/architecture/architecture.h"
#include "hypervisor/qemu/json_text.h"
#include "hypervisor/qemu/machine_shape.h"
#include "hypervisor/qemu/settings.h"
#include "hypervisor/qemu/unplug.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"

namespace kata::hypervisor {

namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr uint64_t kMib = 1U << 20U;
constexpr const char* kVirtioMem = "virtio-mem";
constexpr const char* kVirtioMemPath = "/machine/peripheral/virtio-mem";
constexpr uint64_t kVirtioMemBlockMib = 2;  // QEMU's default: a transparent huge page

uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

std::string module_id(unsigned number) { return concat("dimm", number); }

// Asks until it is `wanted`, as long as something happens. Returns the last answer.
Result<uint64_t> wait_until(uint64_t wanted, milliseconds stall, const std::function<Result<uint64_t>()>& ask,
                            const std::function<Result<>(milliseconds)>& wait) {
  constexpr milliseconds kInterval{50};
  auto last = TRY(ask());
  auto since = std::chrono::steady_clock::now();
  while (last != wanted && std::chrono::steady_clock::now() - since < stall) {
    TRY(wait(kInterval));
    auto now = TRY(ask());
    if (now != last) since = std::chrono::steady_clock::now();
    last = now;
  }
  return last;
}

Result<uint64_t> number_in(const std::string& answer, const char* key) {
  auto value = json::parse(answer, nullptr, false);
  if (key != nullptr && value.is_object() && value.contains(key)) value = json(value[key]);
  if (value.is_number_unsigned()) return value.get<uint64_t>();
  return Error::make(Code::kDataLoss, concat("QEMU answered with no size: ", answer.substr(0, 100)));
}

}  // namespace

Memory::Memory(Qmp& qmp, BridgeSlots& slots, const VmConfig& config, Timeouts timeouts)
    : qmp_(qmp), slots_(slots), config_(config), timeouts_(timeouts) {}

Result<> Memory::execute(std::string_view command, const std::string& arguments) {
  TRY(qmp_.execute(command, timeouts_.command, arguments));
  return {};
}

uint64_t Memory::in_modules() const {
  uint64_t sum = 0;
  for (const auto& [number, size] : modules_) sum += size;
  return sum;
}

Result<uint64_t> Memory::resize(uint64_t wanted) {
  uint64_t extra = wanted > config_.memory_mib ? wanted - config_.memory_mib : 0;
  if (grows_by_virtio_mem(config_)) {
    TRY(resize_virtio_mem(extra));
  } else if (grows_by_modules(config_)) {
    if (extra > in_modules()) TRY(grow_by_module(extra - in_modules()));
    if (extra < in_modules()) TRY(remove_modules(in_modules() - extra));
  }
  return squeeze(wanted);
}

Result<> Memory::add_backend(const std::string& id, uint64_t size) {
  json backend = {{"qom-type", "memory-backend-ram"}, {"id", id}, {"size", size * kMib}};
  if (needs_shared_memory(config_)) {
    backend["qom-type"] = "memory-backend-memfd";
    backend["share"] = true;
  }
  // The guest may never ask for it.
  if (id == concat(kVirtioMem, "-ram")) backend["reserve"] = false;
  return execute("object-add", json_text(backend));
}

Result<> Memory::plug_virtio_mem() {
  if (has_virtio_mem_) return {};
  auto slot = slots_.take();
  if (!slot) return Error::make(Code::kResourceExhausted, "there is no place for the virtio-mem device");
  auto backend = concat(kVirtioMem, "-ram");
  auto size =
      (config_.max_memory_mib - config_.memory_mib) / architecture().memory_block_mib * architecture().memory_block_mib;
  auto done = add_backend(backend, size);
  if (done) {
    done = execute("device_add", json_text({{"driver", "virtio-mem-pci"},
                                            {"id", kVirtioMem},
                                            {"memdev", backend},
                                            {"bus", slot->bus()},
                                            {"addr", slot->address()},
                                            {"requested-size", 0}}));
    if (!done) ignore(execute("object-del", json_text({{"id", backend}})));  // the first error is the one to tell
  }
  if (!done) slots_.give_back(*slot);
  has_virtio_mem_ = done.ok();
  return done;
}

Result<uint64_t> Memory::virtio_mem_size() {
  auto answer =
      TRY(qmp_.execute("qom-get", timeouts_.command, json_text({{"path", kVirtioMemPath}, {"property", "size"}})));
  return TRY(number_in(answer, nullptr)) / kMib;
}

Result<> Memory::resize_virtio_mem(uint64_t extra) {
  if (extra == 0 && !has_virtio_mem_) return {};
  // A new device needs its driver loaded first, which its plugging alone may not bring about.
  auto patience = has_virtio_mem_ ? timeouts_.stall : milliseconds(0);
  TRY(plug_virtio_mem());
  auto most =
      (config_.max_memory_mib - config_.memory_mib) / architecture().memory_block_mib * architecture().memory_block_mib;
  auto wanted = std::min(round_up(extra, kVirtioMemBlockMib), most);
  Qmp::Events events(qmp_, kVirtioMem);
  TRY(execute("qom-set",
              json_text({{"path", kVirtioMemPath}, {"property", "requested-size"}, {"value", wanted * kMib}})));
  virtio_mem_ = TRY(wait_until(
      wanted, patience, [&] { return virtio_mem_size(); },
      [&](milliseconds time) -> Result<> {
        TRY(events.next(time));
        return {};
      }));
  return {};
}

Result<> Memory::grow_by_module(uint64_t extra) {
  unsigned number = 0;
  while (modules_.contains(number)) ++number;
  auto slots = qemu_settings(config_).memory_slots;
  if (number >= slots) {
    return Error::make(Code::kResourceExhausted, concat("all ", slots, " memory slots are taken"))
        .hint("raise memory_slots, or set enable_virtio_mem = true");
  }
  auto room = config_.max_memory_mib - config_.memory_mib - in_modules();
  auto size = std::min(round_up(extra, architecture().memory_block_mib),
                       room / architecture().memory_block_mib * architecture().memory_block_mib);
  if (size == 0) return {};
  auto id = module_id(number);
  TRY(add_backend(id + "-ram", size));
  auto plugged = execute("device_add", json_text({{"driver", "pc-dimm"}, {"id", id}, {"memdev", id + "-ram"}}));
  if (!plugged) {
    ignore(execute("object-del", json_text({{"id", id + "-ram"}})));
    return plugged;
  }
  modules_[number] = size;
  return {};
}

// A module goes as a whole or not at all.
Result<> Memory::remove_modules(uint64_t excess) {
  auto copy = modules_;
  for (const auto& [number, size] : copy) {
    if (size > excess) continue;
    auto id = module_id(number);
    auto gone = unplug(qmp_, id, timeouts_.command, timeouts_.unplug);
    if (!gone && gone.error().is(Code::kUnavailable)) return gone;
    if (!gone) {
      log::info("qemu", "the guest keeps a memory module", {{"why", gone.error().text()}});
      continue;
    }
    TRY(execute("object-del", json_text({{"id", id + "-ram"}})));
    modules_.erase(number);
    excess -= size;
  }
  return {};
}

// The balloon takes what could not be unplugged. The guest gets it back by itself before it kills a process for lack of
// memory. QEMU counts it without the virtio-mem device.
Result<uint64_t> Memory::squeeze(uint64_t wanted) {
  auto whole = config_.memory_mib + virtio_mem_ + in_modules();
  auto excess = whole - std::min(wanted, whole);
  if (excess < architecture().memory_block_mib) excess = 0;  // what rounding gave
  if (!has_balloon(config_) || (excess == 0 && !squeezed_)) return whole;
  auto counted = config_.memory_mib + in_modules();
  auto target = counted - std::min(excess, counted - 1);
  TRY(execute("balloon", json_text({{"value", target * kMib}})));
  squeezed_ = excess > 0;
  if (!squeezed_) return whole;
  auto left = TRY(wait_until(
      target, timeouts_.stall,
      [&]() -> Result<uint64_t> {
        return TRY(number_in(TRY(qmp_.execute("query-balloon", timeouts_.command)), "actual")) / kMib;
      },
      [](milliseconds time) -> Result<> {
        std::this_thread::sleep_for(time);
        return {};
      }));
  return left + virtio_mem_;
}

}  // namespace kata::hypervisor
