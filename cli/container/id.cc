#include "cli/container/id.h"

#include "cli/container/globals.h"
#include "lib/base/concat.h"
#include "lib/oci/id.h"
#include "lib/sys/random.h"

namespace kata::cli {

namespace {

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

}  // namespace

std::string sandbox_id(const std::string& root, const std::string& id) {
  constexpr int kDigits = 8;
  if (root == default_root()) return id;
  if (id.size() + 1 + kDigits <= oci::kMaxId) return concat(id, "-", hex(fnv1a(root), kDigits));
  // The mark has no room behind the id, so that the end of the id goes into the mark.
  return concat(id.substr(0, oci::kMaxId - 1 - kDigits), "-", hex(fnv1a(concat(root, "/", id)), kDigits));
}

Result<std::string> random_id(std::string_view prefix) {
  constexpr int kDigits = 12;
  return concat(prefix, hex(TRY(sys::random_number<uint64_t>()), kDigits));
}

}  // namespace kata::cli
