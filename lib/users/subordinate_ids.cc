#include "lib/users/subordinate_ids.h"

#include <charconv>
#include <optional>

namespace kata::users {

namespace {

std::string_view take(std::string_view& text, char separator) {
  auto end = text.find(separator);
  auto out = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return out;
}

std::optional<uint32_t> number(std::string_view text) {
  uint32_t out = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return out;
}

// The last id is no one's: it stands for "unchanged" in the kernel's calls.
bool fits(uint32_t first, uint32_t count) { return count > 0 && first < UINT32_MAX && count <= UINT32_MAX - first; }

}  // namespace

std::vector<IdRange> subordinate_ids(std::string_view text, const std::string& name, uid_t user) {
  std::vector<IdRange> out;
  while (!text.empty()) {
    auto line = take(text, '\n');
    auto owner = take(line, ':');
    auto first = number(take(line, ':'));
    auto count = number(line);
    bool ours = (!name.empty() && owner == name) || owner == std::to_string(user);
    if (ours && first && count && fits(*first, *count)) out.push_back({*first, *count});
  }
  return out;
}

std::vector<std::string> map_arguments(uint32_t own, const std::vector<IdRange>& others) {
  std::vector<std::string> out{"0", std::to_string(own), "1"};
  uint64_t inside = 1;
  for (const auto& range : others) {
    if (inside + range.count > UINT32_MAX) break;
    for (uint64_t each : {inside, uint64_t{range.first}, uint64_t{range.count}}) out.push_back(std::to_string(each));
    inside += range.count;
  }
  return out;
}

}  // namespace kata::users
