#include "lib/base/printable.h"

#include "lib/base/utf8.h"

namespace kata {

namespace {

constexpr std::string_view kCut = "…";

bool is_control(std::string_view character) {
  auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return character.size() == 2 && first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

std::string escaped(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    out.append("\\x").append(1, kDigits[byte >> 4U]).append(1, kDigits[byte & 0xfU]);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text, size_t most) {
  std::string out;
  size_t fits = 0;  // how much of `out` stays when the mark has to follow
  while (!text.empty()) {
    auto length = utf8_length(text);
    auto character = text.substr(0, length == 0 ? 1 : length);
    out.append(length == 0 || is_control(character) ? escaped(character) : std::string(character));
    if (out.size() + kCut.size() <= most) fits = out.size();
    if (out.size() > most) return out.substr(0, fits).append(kCut.substr(0, most));
    text.remove_prefix(character.size());
  }
  return out;
}

}  // namespace kata
