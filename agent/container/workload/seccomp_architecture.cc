#include "agent/container/workload/seccomp_architecture.h"

#include <seccomp.h>

#include <array>

namespace kata::agent {

namespace {

struct Architecture {
  std::string_view name;
  uint32_t token;
};
constexpr std::array kArchitectures{
    Architecture{"SCMP_ARCH_NATIVE", SCMP_ARCH_NATIVE},
    Architecture{"SCMP_ARCH_X86", SCMP_ARCH_X86},
    Architecture{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
    Architecture{"SCMP_ARCH_X32", SCMP_ARCH_X32},
    Architecture{"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
    Architecture{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64},
    Architecture{"SCMP_ARCH_MIPS", SCMP_ARCH_MIPS},
    Architecture{"SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64},
    Architecture{"SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32},
    Architecture{"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL},
    Architecture{"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64},
    Architecture{"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32},
    Architecture{"SCMP_ARCH_PPC", SCMP_ARCH_PPC},
    Architecture{"SCMP_ARCH_PPC64", SCMP_ARCH_PPC64},
    Architecture{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE},
    Architecture{"SCMP_ARCH_S390", SCMP_ARCH_S390},
    Architecture{"SCMP_ARCH_S390X", SCMP_ARCH_S390X},
    Architecture{"SCMP_ARCH_PARISC", SCMP_ARCH_PARISC},
    Architecture{"SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64},
    Architecture{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64},
};

}  // namespace

std::optional<uint32_t> seccomp_architecture(std::string_view name) {
  for (const auto& known : kArchitectures) {
    if (known.name == name) return known.token;
  }
  return {};
}

}  // namespace kata::agent
