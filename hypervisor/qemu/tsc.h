// The frequency of the processor's time stamp counter, which an emulated guest sees unchanged.
#pragma once

#include <cstdint>

namespace kata::hypervisor {

// In kHz, within 0.01 % or so; 0 where the counter's pace varies or can't be measured. The first call takes 2 ms.
// Thread-safe.
uint32_t host_tsc_khz();

}  // namespace kata::hypervisor
