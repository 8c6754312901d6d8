#include "lib/base/utf8.h"

namespace kata {

size_t utf8_length(std::string_view text) {
  auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto continues = [&](size_t length) {
    for (size_t i = 1; i < length; ++i) {
      if ((byte(i) & 0xc0U) != 0x80U) return false;
    }
    return true;
  };
  unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return continues(2) ? 2 : 0;
  if (first >= 0xe0 && first < 0xf0) {
    bool bad = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0);
    return !bad && continues(3) ? 3 : 0;
  }
  if (first >= 0xf0 && first < 0xf5) {
    bool bad = (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90);
    return !bad && continues(4) ? 4 : 0;
  }
  return 0;
}

}  // namespace kata
