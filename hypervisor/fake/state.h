// What a fake driver shares with its machines.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hypervisor/fake/driver.h"
#include "lib/base/mutex.h"
#include "lib/sys/process.h"

namespace kata::hypervisor {

// One started machine's process.
struct FakeProcess {
  sys::Child child;
  UniqueFd input;                  // it ends when this is closed
  std::atomic<bool> over = false;  // ended, or about to: nothing waits at a gate any longer
  Mutex mutex;
  bool reaped GUARDED_BY(mutex) = false;
  bool stopped GUARDED_BY(mutex) = false;
  std::optional<Error> cause GUARDED_BY(mutex);
};

struct FakeDriver::State {
  Steps steps;
  mutable Mutex mutex;
  Capabilities capabilities GUARDED_BY(mutex){.pause = true,
                                              .save = true,
                                              .vsock = true,
                                              .serial = true,
                                              .shared_9p = true,
                                              .shared_virtio_fs = true,
                                              .largest_9p_message = 64U << 10U,
                                              .hot_plug_nic = true,
                                              .hot_plug_disk = true,
                                              .resize_vcpus = true,
                                              .resize_memory = true};
  std::vector<Finding> findings GUARDED_BY(mutex);
  std::function<void(uint32_t, UniqueFd)> agent GUARDED_BY(mutex);
  std::vector<std::string> console GUARDED_BY(mutex);
  std::vector<std::string> log GUARDED_BY(mutex);
  std::vector<VmConfig> configurations GUARDED_BY(mutex);
  std::vector<std::weak_ptr<FakeProcess>> processes GUARDED_BY(mutex);

  void write(std::string line) EXCLUDES(mutex);
};

std::unique_ptr<Vm> make_fake_vm(VmConfig config, std::shared_ptr<FakeDriver::State> state);

}  // namespace kata::hypervisor
