#include "lib/cgroup/device_filter.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "lib/base/concat.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/file.h"

namespace kata::cgroup {

namespace {

// What the program keeps in which register.
enum Register : uint8_t { kAnswer = BPF_REG_0, kContext, kType, kAccess, kMajor, kMinor };

constexpr bpf_insn instruction(uint8_t code, uint8_t to, uint8_t from, int16_t offset, int32_t number) {
  return {.code = code, .dst_reg = to, .src_reg = from, .off = offset, .imm = number};
}
constexpr bpf_insn load(Register to, size_t offset) {
  return instruction(BPF_LDX | BPF_MEM | BPF_W, to, kContext, static_cast<int16_t>(offset), 0);
}
constexpr bpf_insn copy(Register to, Register from) { return instruction(BPF_ALU | BPF_MOV | BPF_X, to, from, 0, 0); }
constexpr bpf_insn set(Register to, int32_t number) { return instruction(BPF_ALU | BPF_MOV | BPF_K, to, 0, 0, number); }
constexpr bpf_insn keep_bits(Register to, int32_t bits) {
  return instruction(BPF_ALU | BPF_AND | BPF_K, to, 0, 0, bits);
}
constexpr bpf_insn shift_right(Register to, int32_t by) { return instruction(BPF_ALU | BPF_RSH | BPF_K, to, 0, 0, by); }
constexpr bpf_insn skip_unless(Register value, int32_t number) {
  return instruction(BPF_JMP | BPF_JNE | BPF_K, value, 0, 0, number);
}
constexpr bpf_insn skip_if(Register value, int32_t number) {
  return instruction(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 0, number);
}
constexpr bpf_insn leave() { return instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

// The kernel's numbers have 12 and 20 bits, so a larger one is nobody's.
constexpr uint32_t kLargest = 1U << 20U;

bool names_a_device(const DeviceRule& rule) {
  return rule.access != 0 && rule.major.value_or(0) < kLargest && rule.minor.value_or(0) < kLargest;
}

bool decides_all(const DeviceRule& rule) {
  return rule.type == DeviceRule::Type::kAny && !rule.major && !rule.minor && rule.access == kEveryAccess;
}

// A rule's part, whose jumps go to what is behind it.
std::vector<bpf_insn> part_of(const DeviceRule& rule) {
  std::vector<bpf_insn> out;
  if (rule.type != DeviceRule::Type::kAny) {
    out.push_back(skip_unless(kType, rule.type == DeviceRule::Type::kBlock ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR));
  }
  if (rule.major) out.push_back(skip_unless(kMajor, static_cast<int32_t>(*rule.major)));
  if (rule.minor) out.push_back(skip_unless(kMinor, static_cast<int32_t>(*rule.minor)));
  auto bits = static_cast<int32_t>(rule.access);
  if (rule.allow) {
    // What is allowed is no longer asked for.
    out.push_back(keep_bits(kAccess, ~bits));
    out.push_back(skip_unless(kAccess, 0));
  } else if (rule.access != kEveryAccess) {
    out.push_back(copy(kAnswer, kAccess));
    out.push_back(keep_bits(kAnswer, bits));
    out.push_back(skip_if(kAnswer, 0));
  }
  out.push_back(set(kAnswer, rule.allow ? 1 : 0));
  out.push_back(leave());
  for (size_t i = 0; i < out.size(); ++i) {
    bool jumps = BPF_CLASS(out[i].code) == BPF_JMP && BPF_OP(out[i].code) != BPF_EXIT;
    if (jumps) out[i].off = static_cast<int16_t>(out.size() - i - 1);
  }
  return out;
}

int bpf(int command, bpf_attr& attributes) {
  return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

Result<UniqueFd> load_program(const std::vector<bpf_insn>& program) {
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = reinterpret_cast<uintptr_t>(program.data());
  load.insn_cnt = static_cast<uint32_t>(program.size());
  load.license = reinterpret_cast<uintptr_t>("Apache-2.0");
  int fd = bpf(BPF_PROG_LOAD, load);
  if (fd < 0) return Error::sys(errno, "load a device filter");
  return UniqueFd(fd);
}

}  // namespace

Result<uint32_t> device_access(const std::string& letters) {
  uint32_t out = 0;
  for (char letter : letters) {
    if (letter == 'r') {
      out |= BPF_DEVCG_ACC_READ;
    } else if (letter == 'w') {
      out |= BPF_DEVCG_ACC_WRITE;
    } else if (letter == 'm') {
      out |= BPF_DEVCG_ACC_MKNOD;
    } else {
      return Error::make(Code::kInvalidArgument,
                         concat("access \"", letters, "\" to a device has a letter that is not r, w or m"));
    }
  }
  return out;
}

std::vector<bpf_insn> device_program(const std::vector<DeviceRule>& rules) {
  std::vector<bpf_insn> out = {load(kType, offsetof(bpf_cgroup_dev_ctx, access_type)),
                               copy(kAccess, kType),
                               keep_bits(kType, 0xffff),
                               shift_right(kAccess, 16),
                               load(kMajor, offsetof(bpf_cgroup_dev_ctx, major)),
                               load(kMinor, offsetof(bpf_cgroup_dev_ctx, minor))};
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
    if (!names_a_device(*rule)) continue;
    if (decides_all(*rule)) {  // and nothing behind it: the kernel refuses what it cannot reach
      out.push_back(set(kAnswer, rule->allow ? 1 : 0));
      out.push_back(leave());
      return out;
    }
    auto part = part_of(*rule);
    out.insert(out.end(), part.begin(), part.end());
  }
  out.push_back(set(kAnswer, 0));
  out.push_back(leave());
  return out;
}

Result<> filter_devices(const std::string& directory, const std::vector<DeviceRule>& rules) {
  auto group = TRY(sys::open(directory, O_RDONLY | O_DIRECTORY));
  auto program = TRY(load_program(device_program(rules)));
  bpf_attr attach{};
  attach.target_fd = static_cast<uint32_t>(group.get());
  attach.attach_bpf_fd = static_cast<uint32_t>(program.get());
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;  // an engine in the container has filters of its own below
  if (bpf(BPF_PROG_ATTACH, attach) < 0) return Error::sys(errno, "attach a device filter to", directory);
  return {};
}

}  // namespace kata::cgroup
