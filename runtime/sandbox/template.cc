#include "runtime/sandbox/template.h"

#include <array>

#include "lib/sys/random.h"
#include "runtime/factory/make.h"
#include "runtime/sandbox/machine_config.h"
#include "runtime/storage/shared_directory.h"

namespace kata {

Result<std::string> template_for(const hypervisor::Driver& driver, hypervisor::VmConfig machine,
                                 storage::SharedFs shared_fs, const config::Config& config,
                                 const accelerator::Choice& choice, factory::WhenBusy when_busy) {
  if (shared_fs == storage::SharedFs::k9p) {
    machine.shared.push_back({.tag = storage::kSharedTag, .path = "/"});  // of a clone's own
  }
  return factory::make(config.factory.template_path, driver, machine, machine_settings(config, choice), when_busy);
}

Result<> CloneRefresh::start() {
  std::array<char, 256> entropy{};
  TRY(sys::fill_with_random(entropy.data(), entropy.size()));
  seeding_ = TRY(sys::Thread::start("reseed", [this, entropy] {
    seeded_ = agent_.reseed({entropy.data(), entropy.size()});
  }));
  setting_ = TRY(sys::Thread::start("clock", [this] { set_ = agent_.synchronise_clock(); }));
  return {};
}

Result<> CloneRefresh::wait() {
  seeding_.join();
  setting_.join();
  TRY_WRAP(seeded_, "its random numbers");
  return Result<>(set_).wrap("its clock");
}

}  // namespace kata
