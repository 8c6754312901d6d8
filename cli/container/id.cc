#include "cli/container/id.h"

#include <sys/random.h>

#include "cli/container/globals.h"
#include "lib/base/concat.h"

namespace kata::cli {

namespace {

constexpr size_t kMaxId = 1024;

bool allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
         c == '.' || c == '-';
}

std::string hex(uint64_t value, int digits) {
  std::string out;
  for (int i = digits - 1; i >= 0; --i) out.push_back("0123456789abcdef"[value >> (4 * i) & 0xfU]);
  return out;
}

// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
uint32_t fnv1a(std::string_view text) {
  uint32_t hash = 2166136261U;
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619U;
  return hash;
}

Error refuse(std::string_view id, std::string_view why) {
  constexpr size_t kShown = 80;
  auto shown = id.size() > kShown ? concat(id.substr(0, kShown), "…") : std::string(id);
  return Error::make(Code::kInvalidArgument, concat("invalid container id \"", shown, "\": ", why));
}

}  // namespace

Result<> check_id(std::string_view id) {
  if (id.empty()) return refuse(id, "it is empty");
  if (id.size() > kMaxId) return refuse(id, concat("it has ", id.size(), " characters, at most 1024 are allowed"));
  if (id.front() == '.') return refuse(id, "it starts with a dot");
  for (char c : id) {
    if (!allowed(c)) return refuse(id, "only letters, digits and _ + . - are allowed");
  }
  return {};
}

std::string sandbox_id(const std::string& root, const std::string& id) {
  constexpr int kDigits = 8;
  return root == kDefaultRoot ? id : concat(id, "-", hex(fnv1a(root), kDigits));
}

std::string random_id(std::string_view prefix) {
  constexpr int kDigits = 12;
  uint64_t value = 0;
  [[maybe_unused]] auto got = ::getrandom(&value, sizeof value, 0);
  return concat(prefix, hex(value, kDigits));
}

}  // namespace kata::cli
