#include "hypervisor/qemu/clone.h"

#include <nlohmann/json.hpp>

#include "hypervisor/qemu/arguments.h"
#include "hypervisor/qemu/guest_memory.h"
#include "hypervisor/qemu/machine_shape.h"
#include "hypervisor/qemu/migration.h"
#include "hypervisor/qemu/preflight.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::hypervisor {

namespace {

// Another file under the name is another machine.
Result<std::string> identity(const std::string& path) {
  if (path.empty()) return std::string();
  auto info = TRY(sys::stat(path));
  return concat(path, " ", info.st_dev, ":", info.st_ino, " ", info.st_size, " ", info.st_mtim.tv_sec, ".",
                info.st_mtim.tv_nsec, "\n");
}

// Without what is different in each machine that goes on from the saved one.
VmConfig shape_of(const VmConfig& config) {
  auto out = to_be_saved(config);
  out.id.clear();
  out.directory.clear();
  for (auto& directory : out.shared) directory.path = "/";
  out.kernel_params.emplace_back("tsc_early_khz=0");  // measured, so a little different each time; the last one wins
  return out;
}

// Whatever is wrong with the files of the saved machine shows here. When QEMU ends of it, why it did says more.
Result<> load(Qmp& qmp, const std::string& saved, MemoryLoader& memory, std::chrono::milliseconds timeout) {
  auto state = TRY(sys::open(saved + "/state", O_RDONLY));
  TRY(memory.wait());
  return load_state(qmp, state.get(), timeout);
}

}  // namespace

Result<> MemoryLoader::start(int memory, const std::string& saved) {
  thread_ = TRY(sys::Thread::start(
      "guest-memory", [this, memory, path = saved + "/memory"] { outcome_ = load_guest_memory(memory, path); }));
  return {};
}

Result<> MemoryLoader::wait() {
  thread_.join();
  return outcome_;
}

Result<> hang_up(Qmp& qmp, GuestChannel& channel, std::chrono::milliseconds timeout) {
  Qmp::Events events(qmp, "VSERPORT_CHANGE");
  channel.shut_down();
  for (auto end = std::chrono::steady_clock::now() + timeout;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    auto event = left.count() > 0 ? TRY(events.next(left)) : std::nullopt;
    if (!event) break;
    auto data = nlohmann::json::parse(event->data, nullptr, /*allow_exceptions=*/false);
    if (data.is_object() && data.contains("open") && data["open"] == true) return {};
  }
  return Error::make(Code::kDeadlineExceeded,
                     concat("the guest did not open its end of the channel again within ", timeout.count(), " ms"));
}

Result<> go_on(Qmp& qmp, HotPlug& hot_plug, const VmConfig& config, MemoryLoader& memory,
               std::chrono::milliseconds timeout) {
  auto loaded = load(qmp, config.saved, memory, timeout);
  if (!loaded) return loaded.error().because(Cause::kDamagedSavedMachine);
  for (const auto& nic : config.nics) TRY(hot_plug.attach(nic));
  for (const auto& directory : config.shared) {
    if (directory.kind == SharedDirectory::Kind::kVirtioFs) TRY(hot_plug.attach(directory));
  }
  TRY(qmp.execute("cont", timeout));
  return {};
}

Result<std::string> qemu_clone_key(const VmConfig& config) {
  auto shape = TRY(check_and_complete(shape_of(config)));
  InheritedFds fds;
  fds.memory = 0;
  fds.agent = 0;
  std::string out;
  for (const auto& argument : TRY(qemu_arguments(shape, fds, architecture()))) out += argument + "\n";
  for (const auto* path : {&shape.path, &shape.firmware, &shape.kernel, &shape.initrd, &shape.image}) {
    out += TRY(identity(*path));
  }
  return out;
}

}  // namespace kata::hypervisor
