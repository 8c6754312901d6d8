// A machine that goes on from a saved one. Used by the thread that starts the machine.
#pragma once

#include <chrono>
#include <string>

#include "hypervisor/qemu/channel.h"
#include "hypervisor/qemu/hot_plug.h"
#include "hypervisor/qemu/qmp.h"
#include "hypervisor/vm.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/thread.h"

namespace kata::hypervisor {

// Copies the saved memory while QEMU starts, which takes longer. Its destructor waits for the end of that.
class MemoryLoader {
 public:
  // `memory` is borrowed.
  Result<> start(int memory, const std::string& saved);
  Result<> wait();

 private:
  Result<> outcome_;
  sys::Thread thread_;
};

// Hangs up, and waits until the guest has opened its end of the channel again: what it knows of one host would confuse
// the next.
Result<> hang_up(Qmp& qmp, GuestChannel& channel, std::chrono::milliseconds timeout);

// Loads the state, plugs in what is not in the saved machine, and lets the guest go on.
Result<> go_on(Qmp& qmp, HotPlug& hot_plug, const VmConfig& config, MemoryLoader& memory,
               std::chrono::milliseconds timeout);

// Driver::clone_key().
Result<std::string> qemu_clone_key(const VmConfig& config);

}  // namespace kata::hypervisor
