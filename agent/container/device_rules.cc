#include "agent/container/device_rules.h"

#include "lib/base/concat.h"

namespace kata::agent {

namespace {

using cgroup::DeviceRule;
using Type = DeviceRule::Type;

// https://docs.kernel.org/admin-guide/devices.html
std::vector<DeviceRule> for_everybody() {
  std::vector<DeviceRule> out = {{true, Type::kCharacter, {}, {}, BPF_DEVCG_ACC_MKNOD},
                                 {true, Type::kBlock, {}, {}, BPF_DEVCG_ACC_MKNOD},
                                 {true, Type::kCharacter, 136, {}, cgroup::kEveryAccess}};  // pseudo terminals
  struct Number {
    uint32_t major, minor;
  };
  // null, zero, full, random, urandom; tty, console, ptmx; tun
  for (auto [major, minor] : {Number{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 1}, {5, 2}, {10, 200}}) {
    out.push_back({true, Type::kCharacter, major, minor, cgroup::kEveryAccess});
  }
  return out;
}

Result<Type> type_of(const std::string& text) {
  if (text.empty() || text == "a") return Type::kAny;
  if (text == "b") return Type::kBlock;
  if (text == "c" || text == "u") return Type::kCharacter;
  return Error::make(Code::kInvalidArgument, concat("linux.resources.devices: \"", text, "\" is no type of a device"));
}

std::optional<uint32_t> number(int64_t value) {
  if (value < 0) return std::nullopt;
  return value > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(value);
}

Result<DeviceRule> rule_of(const grpc::LinuxDeviceCgroup& from) {
  auto access = from.access().empty() ? cgroup::kEveryAccess : TRY(cgroup::device_access(from.access()));
  return DeviceRule{from.allow(), TRY(type_of(from.type())), number(from.major()), number(from.minor()), access};
}

}  // namespace

Result<std::vector<DeviceRule>> device_rules(const grpc::Linux& linux) {
  std::vector<DeviceRule> out;
  for (const auto& rule : linux.resources().devices()) out.push_back(TRY(rule_of(rule)));
  if (out.empty()) {
    for (const auto& device : linux.devices()) {
      if (device.type() == "p") continue;  // a FIFO
      out.push_back(
          {true, TRY(type_of(device.type())), number(device.major()), number(device.minor()), cgroup::kEveryAccess});
    }
  }
  auto default_rules = for_everybody();
  out.insert(out.end(), default_rules.begin(), default_rules.end());
  return out;
}

}  // namespace kata::agent
