#include "hypervisor/architecture/x86_64.h"

#include <array>

namespace kata::hypervisor {

namespace {

constexpr std::array<std::string_view, 5> kX86Parameters = {
    "reboot=k",  // by the keyboard controller; the fastest that every machine type has
    "random.trust_cpu=on",
    "noreplace-smp",
    // 64 MiB for devices that cannot address the memory above 4 GiB, were there any.
    "swiotlb=noforce",
    // In pages, not in units of up to 2 MiB: the accounting of such a unit takes 4 MiB.
    "percpu_alloc=page",
};

// Together 0.2 s: the emulated timers are not worth calibrating, and the emulator gives the guest no speculation that
// could be exploited from within it.
constexpr std::array<std::string_view, 5> kX86Emulated = {"tsc=reliable", "no_timer_check", "mitigations=off",
                                                          "nokaslr", "no5lvl"};

constexpr std::array<std::string_view, 2> kX86Flags = {"vmx", "svm"};

}  // namespace

constinit const Architecture kX86_64 = {
    .name = "x86_64",
    .engine_name = "amd64",
    .console = "ttyS0",
    .kernel_parameters = kX86Parameters,
    .emulated_parameters = kX86Emulated,
    // The guest reads the host's own counter; to find out its pace would take 80 ms. The guest's clock is corrected
    // against the machine's timer a second later.
    .counter_khz = host_tsc_khz,
    .longest_command_line = 2047,  // COMMAND_LINE_SIZE less its NUL, arch/x86/include/asm/setup.h
    .memory_block_mib = 128,       // with less than 64 GiB: MIN_MEMORY_BLOCK_SIZE, arch/x86/mm/init_64.c
    .inspect_kernel = inspect_x86_64_kernel,
    .virtualisation_flags = kX86Flags,
    .nested_flag = "hypervisor",  // the bit that every hypervisor shows its guests: CPUID 1, ECX bit 31
    .run_probe_guest = run_x86_64_probe_guest,
};

}  // namespace kata::hypervisor
