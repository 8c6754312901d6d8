#include "agent/container/workload/seccomp_newer.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <map>

#include "agent/container/workload/seccomp_architecture.h"

namespace kata::agent {

namespace {

constexpr uint32_t kX32Call = 0x40000000;  // __X32_SYSCALL_BIT of asm/unistd.h

// A tracer sees new calls and can answer them itself.
bool lets_through(const std::string& action) {
  return action == "SCMP_ACT_ALLOW" || action == "SCMP_ACT_LOG" || action == "SCMP_ACT_TRACE";
}

// The highest number among the calls that the profile names; -1 when it names none that this processor has.
int highest_call(const grpc::LinuxSeccomp& config, uint32_t architecture) {
  int highest = -1;
  for (const auto& rule : config.syscalls()) {
    for (const auto& name : rule.names()) {
      highest = std::max(highest, ::seccomp_syscall_resolve_name_arch(architecture, name.c_str()));
    }
  }
  return highest;
}

constexpr sock_filter instruction(unsigned code, uint32_t value, uint8_t if_true = 0, uint8_t if_false = 0) {
  return {static_cast<uint16_t>(code), if_true, if_false, value};
}

constexpr sock_filter kLoadNumber = instruction(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
constexpr sock_filter kLoadArchitecture = instruction(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
constexpr sock_filter kNoSuchCall = instruction(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);

void append(std::vector<sock_filter>& program, std::initializer_list<sock_filter> more) {
  program.insert(program.end(), more);
}

// Both kinds of call arrive as the same processor's; a bit of the number tells them apart.
void answer_x86_64(std::vector<sock_filter>& program, int highest, int highest_x32) {
  // Where the profile knows no calls of the other kind, its own filter says what becomes of them.
  auto limit_x32 = highest_x32 < 0 ? ~0U : static_cast<uint32_t>(highest_x32);
  append(program, {kLoadArchitecture, instruction(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 5), kLoadNumber,
                   instruction(BPF_JMP | BPF_JGE | BPF_K, kX32Call, 1, 0),
                   instruction(BPF_JMP | BPF_JGT | BPF_K, static_cast<uint32_t>(highest), 1, 2),
                   instruction(BPF_JMP | BPF_JGT | BPF_K, limit_x32, 0, 1), kNoSuchCall});
}

void answer_other(std::vector<sock_filter>& program, uint32_t architecture, int highest) {
  append(program, {kLoadArchitecture, instruction(BPF_JMP | BPF_JEQ | BPF_K, architecture, 0, 3), kLoadNumber,
                   instruction(BPF_JMP | BPF_JGT | BPF_K, static_cast<uint32_t>(highest), 0, 1), kNoSuchCall});
}

}  // namespace

std::vector<sock_filter> answer_newer_calls(const grpc::LinuxSeccomp& config) {
  bool answers_itself = config.has_default_errno_ret() && config.default_errno_ret() == ENOSYS;
  if (answers_itself || lets_through(config.defaultaction())) return {};
  std::map<uint32_t, int> highest{{::seccomp_arch_native(), -1}};
  for (const auto& name : config.architectures()) {
    if (auto known = seccomp_architecture(name)) {
      highest[*known == SCMP_ARCH_NATIVE ? ::seccomp_arch_native() : *known] = -1;
    }
  }
  for (auto& [architecture, call] : highest) call = highest_call(config, architecture);
  std::vector<sock_filter> program;
  auto x32 = highest.contains(SCMP_ARCH_X32) ? highest[SCMP_ARCH_X32] : -1;
  for (const auto& [architecture, call] : highest) {
    if (architecture == SCMP_ARCH_X32 || call < 0) continue;
    if (architecture == SCMP_ARCH_X86_64) {
      answer_x86_64(program, call, x32);
    } else {
      answer_other(program, architecture, call);
    }
  }
  return program;
}

}  // namespace kata::agent
