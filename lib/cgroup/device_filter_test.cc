#include "lib/cgroup/device_filter.h"

#include <gtest/gtest.h>

#include <array>

namespace kata::cgroup {
namespace {

using Type = DeviceRule::Type;

struct Request {
  Type type;
  uint32_t major, minor;
  std::string access;
};

// As much of the kernel's machine as our programs use.
bool runs_to_yes(const std::vector<bpf_insn>& program, const bpf_cgroup_dev_ctx& context) {
  std::array<uint32_t, 11> registers{};
  const std::array<uint32_t, 3> words = {context.access_type, context.major, context.minor};
  for (size_t at = 0; at < program.size(); ++at) {
    const auto& one = program[at];
    auto& to = registers[one.dst_reg];
    auto number = static_cast<uint32_t>(one.imm);
    switch (one.code) {
      case BPF_LDX | BPF_MEM | BPF_W:
        to = words.at(static_cast<size_t>(one.off) / sizeof(uint32_t));
        break;
      case BPF_ALU | BPF_MOV | BPF_X:
        to = registers[one.src_reg];
        break;
      case BPF_ALU | BPF_MOV | BPF_K:
        to = number;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        to &= number;
        break;
      case BPF_ALU | BPF_RSH | BPF_K:
        to >>= number;
        break;
      case BPF_JMP | BPF_JNE | BPF_K:
        if (to != number) at += static_cast<size_t>(one.off);
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        if (to == number) at += static_cast<size_t>(one.off);
        break;
      case BPF_JMP | BPF_EXIT:
        return registers[0] != 0;
      default:
        ADD_FAILURE() << "an instruction that the test does not know: " << int{one.code};
        return false;
    }
  }
  ADD_FAILURE() << "the program has no end";
  return false;
}

bool may(const std::vector<DeviceRule>& rules, const Request& request) {
  auto access = *device_access(request.access);
  auto type = static_cast<uint32_t>(request.type == Type::kBlock ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
  return runs_to_yes(device_program(rules), {(access << 16U) | type, request.major, request.minor});
}

DeviceRule allow(Type type, std::optional<uint32_t> major, std::optional<uint32_t> minor, const std::string& access) {
  return {true, type, major, minor, *device_access(access)};
}
DeviceRule deny(Type type, std::optional<uint32_t> major, std::optional<uint32_t> minor, const std::string& access) {
  return {false, type, major, minor, *device_access(access)};
}

TEST(DeviceFilter, NothingIsAllowedUnasked) {
  EXPECT_FALSE(may({}, {Type::kCharacter, 1, 3, "r"}));
  EXPECT_FALSE(may({deny(Type::kAny, {}, {}, "rwm")}, {Type::kBlock, 8, 0, "r"}));
}

TEST(DeviceFilter, ADeviceIsItsTypeAndBothNumbers) {
  std::vector<DeviceRule> rules = {deny(Type::kAny, {}, {}, "rwm"), allow(Type::kCharacter, 1, 3, "rw")};
  EXPECT_TRUE(may(rules, {Type::kCharacter, 1, 3, "rw"}));
  EXPECT_TRUE(may(rules, {Type::kCharacter, 1, 3, "r"}));
  EXPECT_FALSE(may(rules, {Type::kCharacter, 1, 3, "rm"}));
  EXPECT_FALSE(may(rules, {Type::kBlock, 1, 3, "r"}));
  EXPECT_FALSE(may(rules, {Type::kCharacter, 1, 5, "r"}));
  EXPECT_FALSE(may(rules, {Type::kCharacter, 2, 3, "r"}));
}

TEST(DeviceFilter, AccessMayComeFromSeveralRules) {
  std::vector<DeviceRule> rules = {allow(Type::kCharacter, {}, {}, "m"), allow(Type::kCharacter, 136, {}, "r"),
                                   allow(Type::kCharacter, 136, 7, "w")};
  EXPECT_TRUE(may(rules, {Type::kCharacter, 136, 7, "rwm"}));
  EXPECT_TRUE(may(rules, {Type::kCharacter, 136, 8, "rm"}));
  EXPECT_FALSE(may(rules, {Type::kCharacter, 136, 8, "rw"}));
  EXPECT_TRUE(may(rules, {Type::kCharacter, 10, 1, "m"}));
  EXPECT_FALSE(may(rules, {Type::kBlock, 10, 1, "m"}));
}

TEST(DeviceFilter, TheLastRuleDecides) {
  std::vector<DeviceRule> rules = {allow(Type::kAny, {}, {}, "rwm"), deny(Type::kBlock, {}, {}, "w"),
                                   allow(Type::kBlock, 8, 1, "w")};
  EXPECT_TRUE(may(rules, {Type::kCharacter, 1, 1, "rwm"}));
  EXPECT_TRUE(may(rules, {Type::kBlock, 8, 0, "r"}));
  EXPECT_FALSE(may(rules, {Type::kBlock, 8, 0, "rw"}));
  EXPECT_TRUE(may(rules, {Type::kBlock, 8, 1, "rw"}));
  rules.push_back(deny(Type::kAny, {}, {}, "rwm"));
  EXPECT_FALSE(may(rules, {Type::kBlock, 8, 1, "r"}));
}

TEST(DeviceFilter, ANumberThatNoDeviceHasIsNobodys) {
  std::vector<DeviceRule> rules = {allow(Type::kCharacter, 0xffffffff, {}, "rwm"),
                                   allow(Type::kCharacter, 1, 1U << 20U, "rwm")};
  EXPECT_FALSE(may(rules, {Type::kCharacter, 1, 0, "r"}));
  EXPECT_EQ(device_program(rules).size(), device_program({}).size());
}

TEST(DeviceFilter, LettersOfAccess) {
  EXPECT_EQ(*device_access("rwm"), kEveryAccess);
  EXPECT_EQ(*device_access(""), 0U);
  EXPECT_FALSE(device_access("rx").ok());
}

}  // namespace
}  // namespace kata::cgroup
