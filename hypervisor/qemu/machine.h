// One run of QEMU: its process, and what this one knows of it.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "hypervisor/process/console.h"
#include "hypervisor/process/supervisor.h"
#include "hypervisor/qemu/channel.h"
#include "hypervisor/qemu/clone.h"
#include "hypervisor/qemu/guest_memory.h"
#include "hypervisor/qemu/hot_plug.h"
#include "hypervisor/qemu/memory.h"
#include "hypervisor/qemu/processors.h"
#include "hypervisor/qemu/qmp.h"
#include "hypervisor/vm.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/event_loop.h"

namespace kata::hypervisor {

// For one answer by QMP.
inline constexpr std::chrono::milliseconds kCommandTimeout{10000};

// Everything of one run. Its parts are made in this order and destroyed in the opposite one.
struct Machine {
  Console console;
  Console messages;       // QEMU's own: stdout and stderr
  UniqueFd guest_memory;  // of a machine that can be saved, or that goes on from a saved one
  MemoryLoader memory_loader;
  UniqueFd console_stream;
  UniqueFd message_stream;
  std::unique_ptr<Qmp> qmp;
  std::unique_ptr<BridgeSlots> slots;
  std::unique_ptr<HotPlug> hot_plug;  // when the configuration asks for it
  std::unique_ptr<Processors> processors;
  std::unique_ptr<Memory> memory;
  Mutex resizing;
  std::unique_ptr<Supervisor> supervisor;
  std::unique_ptr<GuestChannel> channel;
  std::atomic<bool> dialled = false;  // somebody has spoken to the guest
};

// QEMU runs when this returns; whether it likes its arguments, the first answer by QMP says. The loop outlives the
// machine.
Result<std::shared_ptr<Machine>> spawn_machine(sys::EventLoop& loop, const VmConfig& config);

}  // namespace kata::hypervisor
