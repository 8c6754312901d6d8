#include "runtime/cgroups/journal_kind.h"

#include <chrono>
#include <optional>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/cgroup/tree.h"
#include "lib/sys/file.h"
#include "runtime/cgroups/names.h"
#include "runtime/journal/payload.h"

namespace kata::cgroups {

namespace {

// A killed machine gives gigabytes back before it is gone; stand-ins end once they noticed that their shim has.
constexpr std::chrono::seconds kEndOfProcesses{10};

struct Group {
  unsigned made = 0;
  std::string directory;
};

std::optional<Group> parse(std::string_view payload) {
  auto made = journal::parse_number<unsigned>(take(payload, ' '));
  auto directory = journal::decode(payload);
  if (!made || !directory || !journal::is_plain_path(*directory) || !is_ours(*directory)) return {};
  return Group{*made, std::move(*directory)};
}

bool is_valid(std::string_view payload, const journal::Roots& /*roots*/) { return parse(payload).has_value(); }

// Those above that came with it, unless others are in them by now; ours by name go with the last of us.
void remove_parents(const Group& group) {
  auto directory = group.directory;
  for (unsigned above = 1;; ++above) {
    directory = directory.substr(0, directory.rfind('/'));
    if (directory.empty() || (above >= group.made && !is_shared_by_pods(directory))) return;
    if (!sys::exists(directory)) continue;
    if (!cgroup::is_group(directory) || !sys::remove_directory(directory)) return;
  }
}

Result<> undo(std::string_view payload) {
  auto group = parse(payload);
  if (!group) return {};
  if (sys::exists(group->directory)) {
    // A link in it, or another file system: not what we made.
    bool reached_directly = sys::real_path(group->directory).value_or("") == group->directory;
    if (!cgroup::is_group(group->directory) || !reached_directly) return {};
    TRY(cgroup::remove_group(group->directory, kEndOfProcesses));
  }
  remove_parents(*group);
  return {};
}

}  // namespace

constexpr journal::Kind kGroup{.name = "cgroup", .is_valid = is_valid, .undo = undo};

Result<uint64_t> record_group(journal::Journal& journal, const std::string& directory, unsigned made) {
  return journal.add(kGroup, concat(made, " ", journal::encode(directory)));
}

}  // namespace kata::cgroups
