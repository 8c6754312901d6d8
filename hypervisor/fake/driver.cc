#include "hypervisor/fake/driver.h"

#include <array>
#include <csignal>
#include <optional>

#include "hypervisor/fake/state.h"
#include "lib/base/concat.h"

namespace kata::hypervisor {

void FakeDriver::State::write(std::string line) {
  MutexLock lock(mutex);
  log.push_back(std::move(line));
}

FakeDriver::FakeDriver(std::string name) : name_(std::move(name)), state_(std::make_shared<State>()) {}

FakeDriver::~FakeDriver() { state_->steps.release_all(); }

Steps& FakeDriver::steps() const { return state_->steps; }

void FakeDriver::set_capabilities(const Capabilities& capabilities) {
  MutexLock lock(state_->mutex);
  state_->capabilities = capabilities;
}

void FakeDriver::serve(std::function<void(uint32_t, UniqueFd)> agent) {
  MutexLock lock(state_->mutex);
  state_->agent = std::move(agent);
}

void FakeDriver::set_console(std::vector<std::string> lines) {
  MutexLock lock(state_->mutex);
  state_->console = std::move(lines);
}

void FakeDriver::die(const Error& cause) const {
  std::vector<std::weak_ptr<FakeProcess>> processes;
  {
    MutexLock lock(state_->mutex);
    processes = state_->processes;
  }
  for (const auto& one : processes) {
    auto process = one.lock();
    if (!process) continue;
    MutexLock lock(process->mutex);
    if (process->stopped || process->cause) continue;
    process->cause = cause;
    process->over = true;
    ignore(sys::pidfd_signal(process->child.pidfd.get(), SIGKILL));
  }
  state_->steps.wake();
}

std::vector<std::string> FakeDriver::log() const {
  MutexLock lock(state_->mutex);
  return state_->log;
}

std::vector<VmConfig> FakeDriver::configurations() const {
  MutexLock lock(state_->mutex);
  return state_->configurations;
}

int FakeDriver::running() const {
  int out = 0;
  MutexLock lock(state_->mutex);
  for (const auto& one : state_->processes) {
    auto process = one.lock();
    if (!process) continue;
    MutexLock process_lock(process->mutex);
    if (!process->reaped) ++out;
  }
  return out;
}

Capabilities FakeDriver::capabilities() const {
  MutexLock lock(state_->mutex);
  return state_->capabilities;
}

void FakeDriver::find_on_host(std::vector<Finding> findings) {
  MutexLock lock(state_->mutex);
  state_->findings = std::move(findings);
}

std::vector<Finding> FakeDriver::check_host(const VmConfig& /*config*/) const {
  MutexLock lock(state_->mutex);
  return state_->findings;
}

std::span<const OwnKey> FakeDriver::keys() const {
  static constexpr std::array<OwnKey, 2> kKeys = {{
      {.name = "flavour",
       .fallback = std::string_view("plain"),
       .target = [](Settings& settings) -> OwnKey::Target { return &static_cast<FakeSettings&>(settings).flavour; },
       .doc = "What the fake tastes of.",
       .annotation = "flavour"},
      {.name = "depth",
       .fallback = int64_t{1},
       .target = [](Settings& settings) -> OwnKey::Target { return &static_cast<FakeSettings&>(settings).depth; },
       .doc = "How deep it is.",
       .low = 1,
       .high = 9},
  }};
  return kKeys;
}

Result<std::string> FakeDriver::version(const std::string& /*path*/) const { return std::string("fake version 1"); }

Result<std::unique_ptr<Vm>> FakeDriver::create(VmConfig config) const {
  state_->write(concat("create ", config.id));
  TRY(state_->steps.pass(Step::kCreate, [] { return false; }));
  {
    MutexLock lock(state_->mutex);
    state_->configurations.push_back(config);
  }
  return make_fake_vm(std::move(config), state_);
}

Result<std::string> FakeDriver::clone_key(const VmConfig& config) const {
  return concat("kernel ", config.kernel, "\nvcpus ", config.vcpus, "\nmemory ", config.memory_mib, "\n");
}

}  // namespace kata::hypervisor
