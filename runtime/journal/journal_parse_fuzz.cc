// Any text: what is read names nothing outside its roots, and reads the same when it is written again.
#include <cstdint>
#include <string>

#include "runtime/journal/text.h"
#include "runtime/systemd/scope.h"

namespace {

using kata::journal::Entry;
using kata::journal::Kind;

bool sound(const Entry& entry) {
  switch (entry.kind) {
    case Kind::kProcess:
      return entry.pid > 1;
    case Kind::kUnit:
      return kata::systemd::is_scope_name(entry.path);
    case Kind::kCgroup:
      return kata::journal::acceptable_cgroup(entry.path);
    case Kind::kNetwork:
      return entry.link_index > 0 && kata::journal::acceptable(entry.path, {""});
    default:
      return kata::journal::acceptable(entry.path, {"/run/kata"});
  }
}

bool same(const Entry& a, const Entry& b) {
  return a.number == b.number && a.kind == b.kind && a.path == b.path && a.pid == b.pid &&
         a.start_time == b.start_time && a.inode == b.inode && a.link_index == b.link_index && a.made == b.made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  for (const auto& entry : kata::journal::parse(text, {"/run/kata"}).standing) {
    if (!sound(entry)) __builtin_trap();
    auto again = kata::journal::parse(kata::journal::to_line(entry), {"/run/kata"});
    if (again.standing.size() != 1 || !same(again.standing.front(), entry)) __builtin_trap();
  }
  return 0;
}
