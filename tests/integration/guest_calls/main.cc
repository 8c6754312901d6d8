// guest_calls KERNEL INITRD DIRECTORY SWAP VOLUME
// Boots a machine with the agent and asks it what upstream's runtimes may ask, and no command line of ours does: swap
// on a disk, and a file system that grows with its disk. SWAP is an image of a swap area, VOLUME one of an ext4 file
// system that is smaller than the image. Prints "KEY=VALUE" lines.
#include <charconv>
#include <cstdio>
#include <string>

#include "hypervisor/registry/registry.h"
#include "lib/proto/agent.ttrpc.h"
#include "lib/proto/ports.h"
#include "lib/sys/event_loop.h"
#include "lib/sys/file.h"
#include "lib/ttrpc/client.h"

namespace {

using kata::Result;

constexpr auto kLimit = std::chrono::minutes(5);
constexpr const char* kVolume = "/run/kata-containers/sandbox/storage/volume";

void say(const char* key, const std::string& value) {
  std::printf("%s=%s\n", key, value.c_str());
  std::fflush(stdout);
}

template <typename T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : result.error().message();
}

// "02/03": the slots of bridges and disk, which the protocol has as numbers.
grpc::AddSwapRequest swap_at(std::string_view path) {
  grpc::AddSwapRequest request;
  while (!path.empty()) {
    auto part = path.substr(0, path.find('/'));
    uint32_t slot = 0;
    std::from_chars(part.data(), part.data() + part.size(), slot, 16);
    request.add_pcipath(slot);
    path.remove_prefix(std::min(path.size(), part.size() + 1));
  }
  return request;
}

class Calls {
 public:
  Calls(kata::hypervisor::Vm& vm, kata::ttrpc::Client& connection) : vm_(vm), agent_(connection) {}

  Result<> swap(const std::string& image) {
    say("swap-before", TRY(metric("SwapTotal")));
    auto place = TRY(vm_.attach({.id = "swap", .path = image}));
    say("swap-added", outcome(agent_.add_swap(swap_at(place.text), kLimit)));
    say("swap-after", TRY(metric("SwapTotal")));
    return {};
  }

  Result<> volume(const std::string& image) {
    auto place = TRY(vm_.attach({.id = "volume", .path = image}));
    say("swap-on-a-volume", outcome(agent_.add_swap(swap_at(place.text), kLimit)));
    grpc::CreateSandboxRequest request;
    request.set_sandbox_id("guest-calls");
    auto& storage = *request.add_storages();
    storage.set_driver("blk");
    storage.set_source(place.text);
    storage.set_fstype("ext4");
    storage.set_mount_point(kVolume);
    TRY(agent_.create_sandbox(request, kLimit));
    say("volume-before", TRY(mebibytes()));
    say("volume-grown", outcome(resize(TRY(kata::sys::stat(image)).st_size)));
    say("volume-after", TRY(mebibytes()));
    say("volume-shrunk", outcome(resize(1 << 20)));
    say("volume-in-memory", outcome(resize(1LL << 40, "/run")));
    say("volume-left", outcome(agent_.destroy_sandbox({}, kLimit)));
    return {};
  }

 private:
  Result<> resize(int64_t bytes, const char* path = kVolume) {
    grpc::ResizeVolumeRequest request;
    request.set_volume_guest_path(path);
    request.set_size(static_cast<uint64_t>(bytes));
    TRY(agent_.resize_volume(request, kLimit));
    return {};
  }

  Result<std::string> mebibytes() {
    grpc::VolumeStatsRequest request;
    request.set_volume_guest_path(kVolume);
    auto stats = TRY(agent_.get_volume_stats(request, kLimit));
    return std::to_string((stats.usage(0).total() + (1U << 20U) - 1) >> 20U);
  }

  // A line of the guest's /proc/meminfo.
  Result<std::string> metric(const std::string& item) {
    auto text = TRY(agent_.get_metrics({}, kLimit)).metrics();
    auto key = "kata_guest_meminfo{item=\"" + item + "\"} ";
    auto start = text.find(key);
    if (start == std::string::npos) return kata::Error::make(kata::Code::kNotFound, "no metric " + item);
    start += key.size();
    return text.substr(start, text.find('\n', start) - start);
  }

  kata::hypervisor::Vm& vm_;
  grpc::AgentClient agent_;
};

Result<> run(char* words[]) {
  const auto& driver = kata::hypervisor::default_driver();
  kata::hypervisor::VmConfig config;
  config.id = "guest-calls";
  config.path = TRY(driver.find_program(""));
  config.kernel = words[0];
  config.initrd = words[1];
  config.directory = words[2];
  config.kernel_params = {"agent.hotplug_timeout=60"};
  config.hot_plug = true;
  auto loop = TRY(kata::sys::EventLoop::start("machine"));
  auto vm = TRY(driver.create(std::move(config)));
  TRY(vm->start(*loop));
  auto connection = TRY(kata::ttrpc::Client::create(TRY(vm->dial(kata::agent_port::kApi))));
  Calls calls(*vm, *connection);
  TRY(calls.swap(words[3]));
  TRY(calls.volume(words[4]));
  return vm->stop();
}

}  // namespace

int main(int argc, char* argv[]) {
  if (argc != 6) {
    std::fputs("usage: guest_calls KERNEL INITRD DIRECTORY SWAP VOLUME\n", stderr);
    return 2;
  }
  auto done = run(argv + 1);
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().text().c_str());
  return 1;
}
