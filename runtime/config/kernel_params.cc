#include "runtime/config/kernel_params.h"

#include <algorithm>
#include <vector>

namespace kata::config {

namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  size_t start = 0;
  bool quoted = false;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (quoted || text[i] != ' ')) continue;
    if (i > start) words.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  return words;
}

std::string_view name_of(std::string_view word) { return word.substr(0, std::min(word.find('='), word.size())); }

}  // namespace

std::string merge_kernel_params(std::string_view base, std::string_view more) {
  auto later = words_of(more);
  auto replaced = [&](std::string_view word) {
    return std::any_of(later.begin(), later.end(),
                       [&](std::string_view other) { return name_of(other) == name_of(word); });
  };
  auto words = words_of(base);
  std::erase_if(words, replaced);
  words.insert(words.end(), later.begin(), later.end());
  std::string out;
  for (auto word : words) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

}  // namespace kata::config
