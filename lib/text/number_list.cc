#include "lib/text/number_list.h"

#include <charconv>

#include "lib/base/split.h"

namespace kata {

namespace {

std::optional<uint32_t> number(std::string_view text) {
  uint32_t out = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return out;
}

}  // namespace

std::optional<std::set<uint32_t>> parse_number_list(std::string_view text, uint32_t most) {
  std::set<uint32_t> out;
  for (auto part : split(text, ", \n")) {
    auto dash = part.find('-');
    auto first = number(part.substr(0, dash));
    auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
    if (!first || !last || *first > *last || *last > most) return {};
    for (auto each = *first; each <= *last; ++each) out.insert(each);
  }
  return out;
}

}  // namespace kata
