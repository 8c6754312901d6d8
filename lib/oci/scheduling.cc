#include "lib/oci/scheduling.h"

#include <linux/ioprio.h>
#include <sys/personality.h>

#include <array>
#include <charconv>
#include <span>

#include "lib/base/concat.h"

namespace kata::oci {

namespace {

template <typename Number>
struct Word {
  std::string_view name;
  Number number;
};

// linux/sched.h; glibc's sched.h lacks some of them, and the two cannot be included together.
constexpr std::array kPolicies{
    Word<uint32_t>{"SCHED_OTHER", 0},    Word<uint32_t>{"SCHED_FIFO", 1}, Word<uint32_t>{"SCHED_RR", 2},
    Word<uint32_t>{"SCHED_BATCH", 3},    Word<uint32_t>{"SCHED_ISO", 4},  Word<uint32_t>{"SCHED_IDLE", 5},
    Word<uint32_t>{"SCHED_DEADLINE", 6},
};

constexpr std::array kSchedulerFlags{
    Word<uint64_t>{"SCHED_FLAG_RESET_ON_FORK", 0x01},  Word<uint64_t>{"SCHED_FLAG_RECLAIM", 0x02},
    Word<uint64_t>{"SCHED_FLAG_DL_OVERRUN", 0x04},     Word<uint64_t>{"SCHED_FLAG_KEEP_POLICY", 0x08},
    Word<uint64_t>{"SCHED_FLAG_KEEP_PARAMS", 0x10},    Word<uint64_t>{"SCHED_FLAG_UTIL_CLAMP_MIN", 0x20},
    Word<uint64_t>{"SCHED_FLAG_UTIL_CLAMP_MAX", 0x40},
};

constexpr std::array kIoClasses{
    Word<int>{"IOPRIO_CLASS_RT", IOPRIO_CLASS_RT},
    Word<int>{"IOPRIO_CLASS_BE", IOPRIO_CLASS_BE},
    Word<int>{"IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE},
};

constexpr std::array kPersonalities{
    Word<unsigned long>{"LINUX", PER_LINUX},
    Word<unsigned long>{"LINUX32", PER_LINUX32},
};

// linux/mempolicy.h of Linux 6.9, which is newer than Debian 12's.
constexpr std::array kMemoryModes{
    Word<int>{"MPOL_DEFAULT", 0},
    Word<int>{"MPOL_PREFERRED", 1},
    Word<int>{"MPOL_BIND", 2},
    Word<int>{"MPOL_INTERLEAVE", 3},
    Word<int>{"MPOL_LOCAL", 4},
    Word<int>{"MPOL_PREFERRED_MANY", 5},
    Word<int>{"MPOL_WEIGHTED_INTERLEAVE", 6},
};

constexpr std::array kMemoryFlags{
    Word<int>{"MPOL_F_NUMA_BALANCING", 1 << 13},
    Word<int>{"MPOL_F_RELATIVE_NODES", 1 << 14},
    Word<int>{"MPOL_F_STATIC_NODES", 1 << 15},
};

template <typename Number>
std::optional<Number> look_up(std::span<const Word<Number>> words, std::string_view name) {
  for (const auto& word : words) {
    if (word.name == name) return word.number;
  }
  return std::nullopt;
}

template <typename Number>
std::vector<std::string> names_of(std::span<const Word<Number>> words) {
  std::vector<std::string> out;
  for (const auto& word : words) out.emplace_back(word.name);
  return out;
}

bool parse_node(std::string_view text, unsigned& out) {
  constexpr unsigned kMostNodes = 64;
  auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), out);
  return err == std::errc() && end == text.data() + text.size() && out < kMostNodes;
}

}  // namespace

std::optional<uint32_t> scheduler_policy(std::string_view name) { return look_up<uint32_t>(kPolicies, name); }
std::optional<uint64_t> scheduler_flag(std::string_view name) { return look_up<uint64_t>(kSchedulerFlags, name); }
std::optional<int> io_class(std::string_view name) { return look_up<int>(kIoClasses, name); }
std::optional<unsigned long> personality_of(std::string_view name) {
  return look_up<unsigned long>(kPersonalities, name);
}
std::optional<int> memory_mode(std::string_view name) { return look_up<int>(kMemoryModes, name); }
std::optional<int> memory_flag(std::string_view name) { return look_up<int>(kMemoryFlags, name); }
std::vector<std::string> memory_mode_names() { return names_of<int>(kMemoryModes); }
std::vector<std::string> memory_flag_names() { return names_of<int>(kMemoryFlags); }

Result<uint64_t> parse_nodes(std::string_view text) {
  uint64_t nodes = 0;
  while (!text.empty()) {
    auto comma = text.find(',');
    auto range = text.substr(0, comma);
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
    auto dash = range.find('-');
    unsigned first = 0;
    unsigned last = 0;
    bool good = parse_node(range.substr(0, dash), first) &&
                parse_node(dash == std::string_view::npos ? range : range.substr(dash + 1), last) && first <= last;
    bool ends_in_comma = comma != std::string_view::npos && text.empty();
    if (!good || ends_in_comma) {
      return Error::make(Code::kInvalidArgument, "expected node numbers below 64, such as \"0-3,7\"");
    }
    for (auto node = first; node <= last; ++node) nodes |= uint64_t{1} << node;
  }
  return nodes;
}

}  // namespace kata::oci
