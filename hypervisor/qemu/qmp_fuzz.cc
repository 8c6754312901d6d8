#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hypervisor/qemu/qmp_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kata::ignore(kata::hypervisor::parse_qmp({reinterpret_cast<const char*>(data), size}));
  return 0;
}
