// What QEMU sees of the host and may do there: what this machine needs, and nothing else.
#pragma once

#include <span>

#include "hypervisor/vm.h"
#include "lib/base/result.h"
#include "lib/sys/jail.h"
#include "lib/sys/process.h"

namespace kata::hypervisor {

// The files of QEMU itself and of the machine. `memory`: the guest's is a file of its own, which QEMU opens as one of
// its descriptors.
sys::Jail qemu_jail(const VmConfig& config, bool memory);

// As root, a file server must act for each of the guest's users; without one, QEMU needs no capability at all.
uint64_t qemu_capabilities(const VmConfig& config);

// What it may ask of the kernel: system_calls.txt has the list and its reasons.
std::span<const sock_filter> qemu_system_calls(const VmConfig& config);

// Why this QEMU can have no jail; empty when it can. `config.path` is its file.
Result<std::string> why_no_jail(const VmConfig& config);

// Makes `what`, which runs QEMU, run it in there, unless the configuration says otherwise. Who is not root, or whose
// kernel lacks what it takes, has no jail; then the log says so. Who serves files has SharedDirectory::root for its
// own. Returns what must stay open until it was spawned.
Result<UniqueFd> confine(sys::Spawn& what, const VmConfig& config, bool memory);

}  // namespace kata::hypervisor
