#include "agent/container/workload/capabilities.h"

#include <cap-ng.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "lib/base/concat.h"

namespace kata::agent {

namespace {

constexpr int kMostCapabilities = 64;
constexpr uint64_t bit(int number) { return uint64_t{1} << static_cast<unsigned>(number); }

using CapabilityData = std::array<__user_cap_data_struct, 2>;

Result<CapabilityData> get_own() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  CapabilityData data{};
  if (::syscall(SYS_capget, &header, data.data()) < 0) return Error::sys(errno, "capget");
  return data;
}

Result<> set_own(const CapabilityData& data) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  if (::syscall(SYS_capset, &header, data.data()) < 0) return Error::sys(errno, "capset");
  return {};
}

uint64_t permitted_of(const CapabilityData& data) { return data[0].permitted | uint64_t{data[1].permitted} << 32U; }

template <typename Names>
uint64_t parse_set(const Names& names, std::vector<std::string>& warnings) {
  uint64_t set = 0;
  for (const auto& name : names) {
    int number = capability_number(name);
    if (number >= 0) {
      set |= bit(number);
    } else {
      auto warning = concat("capability \"", name, "\" is unknown and left out");
      if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
    }
  }
  return set;
}

std::string name_of(int number) {
  const char* name = ::capng_capability_to_name(static_cast<unsigned>(number));
  std::string upper = name != nullptr ? name : std::to_string(number);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return "CAP_" + upper;
}

void raise_ambient(uint64_t set, std::vector<std::string>& warnings) {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int number = 0; number < kMostCapabilities; ++number) {
    if ((set & bit(number)) == 0) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) == 0) continue;
    warnings.push_back(
        concat("the ambient capability ", name_of(number), " cannot be raised: ", ::strerrordesc_np(errno)));
  }
}

}  // namespace

int capability_number(const std::string& name) {
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  bool capitals = std::none_of(name.begin(), name.end(), [](unsigned char c) { return std::islower(c) != 0; });
  if (!capitals || !lower.starts_with("cap_")) return -1;
  return capng_name_to_capability(lower.c_str() + 4);
}

CapabilitySets parse_capabilities(const grpc::LinuxCapabilities& sets, std::vector<std::string>& warnings) {
  CapabilitySets out;
  out.bounding = parse_set(sets.bounding(), warnings);
  out.effective = parse_set(sets.effective(), warnings);
  out.inheritable = parse_set(sets.inheritable(), warnings);
  out.permitted = parse_set(sets.permitted(), warnings);
  out.ambient = parse_set(sets.ambient(), warnings);
  return out;
}

Result<> drop_bounding(const CapabilitySets& sets) {
  for (int number = 0; number < kMostCapabilities; ++number) {
    if ((sets.bounding & bit(number)) != 0) continue;
    int has = ::prctl(PR_CAPBSET_READ, number, 0, 0, 0);
    if (has < 0) break;  // beyond the kernel's last one
    if (has == 1 && ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) {
      return Error::sys(errno, "drop capability", std::to_string(number));
    }
  }
  return {};
}

Result<> raise_permitted() {
  auto data = TRY(get_own());
  for (auto& part : data) part.effective = part.permitted;
  return set_own(data);
}

Result<> apply_capabilities(const CapabilitySets& sets, std::vector<std::string>& warnings) {
  // What is effective and not permitted is the specification's mistake: the kernel refuses it.
  auto own = permitted_of(TRY(get_own()));
  auto permitted = sets.permitted & own;
  auto effective = sets.effective & own;
  auto inheritable = sets.inheritable;
  CapabilityData data{};
  for (unsigned i = 0; i < data.size(); ++i) {
    data[i].permitted = static_cast<uint32_t>(permitted >> (32U * i));
    data[i].effective = static_cast<uint32_t>(effective >> (32U * i));
    data[i].inheritable = static_cast<uint32_t>(inheritable >> (32U * i));
  }
  auto set = set_own(data);
  // Inheritable ones must be in the bounding set; a specification that says otherwise loses those.
  if (!set && set.error().is_errno(EPERM)) {
    for (unsigned i = 0; i < data.size(); ++i) data[i].inheritable &= data[i].permitted;
    set = set_own(data);
  }
  TRY(set);
  raise_ambient(sets.ambient, warnings);
  return {};
}

}  // namespace kata::agent
