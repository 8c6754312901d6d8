// A small virtual machine for tests: a real kernel, and test_guest as its init.
#pragma once

#include <memory>
#include <string>

#include "hypervisor/vm.h"
#include "lib/sys/event_loop.h"

namespace kata::hypervisor {

// Why a machine cannot be started here (no QEMU, no kernel); empty when it can.
// The kernel: environment KATA_TEST_KERNEL, or Debian's of the build. Its modules: the directory
// KATA_TEST_MODULES, or the initrd for that kernel.
std::string missing_for_machine();

// What machines are started on; it lives as long as the process.
sys::EventLoop& test_loop();

// A configuration whose guest does `what` (test_guest/main.cc). Its initrd is made once per process,
// and removed at its end.
VmConfig test_config(const std::string& what);

// A machine that is expected to be made, and to start.
std::unique_ptr<Vm> make_machine(VmConfig config);
std::unique_ptr<Vm> start_machine(VmConfig config);

// What the guest of test_config("echo") has (test_guest/report.h).
Result<std::string> guest_report(Vm& vm);
// Asks until the report holds `text`; what it was when that took more than a minute.
std::string wait_for_report(Vm& vm, const std::string& text);

// Waits until a console line holds `text`. False: the machine ended first.
bool wait_for_console(Vm& vm, const std::string& text);

}  // namespace kata::hypervisor
