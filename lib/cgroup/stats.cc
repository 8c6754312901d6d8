#include "lib/cgroup/stats.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"

namespace kata::cgroup {

namespace {

std::string content(const std::string& directory, std::string_view file) {
  return sys::read_file(concat(directory, "/", file)).value_or(std::string());
}

std::map<std::string, HugetlbStats> read_hugetlb(const std::string& directory) {
  constexpr std::string_view kPrefix = "hugetlb.";
  constexpr std::string_view kSuffix = ".current";
  std::map<std::string, HugetlbStats> out;
  auto names = sys::list_directory(directory);
  if (!names) return out;
  for (const auto& name : *names) {
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix) || name.find(".rsvd.") != std::string::npos) continue;
    auto size = name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
    auto events = parse_flat(content(directory, concat(kPrefix, size, ".events")));
    out[size] = {parse_value(content(directory, name)), events["max"]};
  }
  return out;
}

}  // namespace

uint64_t parse_value(const std::string& text) {
  if (text.starts_with("max")) return kUnlimited;
  return std::strtoull(text.c_str(), nullptr, 10);
}

std::map<std::string, uint64_t> parse_flat(const std::string& text) {
  std::map<std::string, uint64_t> out;
  for (auto line : split(text, "\n")) {
    auto space = line.find(' ');
    if (space != std::string_view::npos)
      out[std::string(line.substr(0, space))] = parse_value(std::string(line.substr(space + 1)));
  }
  return out;
}

std::vector<IoStats> parse_io(const std::string& text) {
  std::vector<IoStats> out;
  for (auto line : split(text, "\n")) {
    auto colon = line.find(':');
    auto space = line.find(' ');
    if (colon == std::string_view::npos || space == std::string_view::npos || colon > space) continue;
    IoStats entry;
    entry.major = parse_value(std::string(line.substr(0, colon)));
    entry.minor = parse_value(std::string(line.substr(colon + 1, space - colon - 1)));
    for (auto pair : split(line.substr(space + 1))) {
      auto equals = pair.find('=');
      if (equals == std::string_view::npos) continue;
      entry.values[std::string(pair.substr(0, equals))] = parse_value(std::string(pair.substr(equals + 1)));
    }
    out.push_back(std::move(entry));
  }
  return out;
}

Stats read_stats(const std::string& directory) {
  Stats out;
  out.cpu = parse_flat(content(directory, "cpu.stat"));
  out.memory = parse_flat(content(directory, "memory.stat"));
  out.memory_events = parse_flat(content(directory, "memory.events"));
  out.memory_current = parse_value(content(directory, "memory.current"));
  out.memory_peak = parse_value(content(directory, "memory.peak"));
  out.memory_max = parse_value(content(directory, "memory.max"));
  out.swap_current = parse_value(content(directory, "memory.swap.current"));
  out.swap_peak = parse_value(content(directory, "memory.swap.peak"));
  out.swap_max = parse_value(content(directory, "memory.swap.max"));
  out.pids_current = parse_value(content(directory, "pids.current"));
  out.pids_max = parse_value(content(directory, "pids.max"));
  out.io = parse_io(content(directory, "io.stat"));
  out.hugetlb = read_hugetlb(directory);
  return out;
}

}  // namespace kata::cgroup
