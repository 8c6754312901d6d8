#include "runtime/storage/shared_sources.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "runtime/storage/host_volume.h"
#include "runtime/storage/mapped_tree.h"

namespace kata::storage {

namespace {

// Without files of their own: two containers that look at one of them need not see one inode.
bool is_kernels(const std::string& type) {
  constexpr std::array<std::string_view, 20> kTypes{"autofs",   "binfmt_misc", "bpf",        "cgroup",   "cgroup2",
                                                    "configfs", "debugfs",     "devpts",     "devtmpfs", "efivarfs",
                                                    "fusectl",  "hugetlbfs",   "mqueue",     "nsfs",     "proc",
                                                    "pstore",   "sysfs",       "securityfs", "tracefs",  "rpc_pipefs"};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

// A part of the path may be the guest's to write: it must not lead elsewhere.
Result<struct stat> look_at_file(const std::string& path) {
  auto fd = TRY(sys::open_without_links(path, O_PATH));
  return sys::stat(concat("/proc/self/fd/", fd.get()));
}

bool is_same_file(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

// Of the mount that is seen at `path`.
Result<> change_access(const std::string& path, bool read_only, bool recursive) {
  auto fd = TRY(sys::open_without_links(path, O_PATH));
  return sys::set_read_only(fd.get(), read_only, recursive);
}

}  // namespace

bool SharedSources::Shared::used_for(Access least) const {
  return std::any_of(users.begin() + static_cast<int>(least), users.end(), [](int count) { return count > 0; });
}

std::string SharedSources::path_of(const std::string& share, const std::string& place) const {
  return join_places(concat(directory_.exported(), "/", share), place);
}

// A place may be covered by a mount: only what the server would find there counts.
bool SharedSources::is_at(const HostSource& looked, const std::string& share, const std::string& place) const {
  auto found = look_at_file(path_of(share, place));
  return found && is_same_file(*found, looked.info);
}

// What the host mounts below a share, or takes away there, arrives in it.
Result<> SharedSources::look_again() {
  auto mounts = TRY(sys::read_mountinfo());
  for (auto& [name, one] : shares_) {
    auto fd = TRY(sys::open_without_links(path_of(name), O_PATH));
    one.parts = mounted_parts(mounts, TRY(sys::mount_id_of(fd.get())), path_of(name));
  }
  return {};
}

// The nearest one: what lies in another is found in its own share, if it has one.
bool SharedSources::find(const Wanted& wanted, SharedUse& use) {
  const auto& looked = wanted.looked;
  if (looked.parts.empty()) return false;
  const auto& top = looked.parts.front();
  bool whole = by_name_ && !S_ISDIR(looked.info.st_mode);
  for (const auto& [name, one] : shares_) {
    if (!same_map(one.id_map, wanted.id_map)) continue;
    auto place = place_in(one.parts, top.device, top.root);
    if (!place || (!use.share.empty() && place->size() >= use.place.size()) || (whole && !place->empty())) continue;
    // Nobody may write to the whole because somebody may write to a part.
    if (!place->empty() && use.access == Access::kWrite && !one.used_for(Access::kWrite)) continue;
    if (!same_below(one.parts, *place, looked.parts) || !is_at(looked, name, *place)) continue;
    use.share = name;
    use.place = *place;
  }
  return !use.share.empty();
}

Result<> SharedSources::add(const Wanted& wanted, SharedUse& use) {
  const auto& looked = wanted.looked;
  if (wanted.id_map) TRY(map_tree(looked.tree.get(), *wanted.id_map, wanted.source));
  // Before it is mounted: nobody can have a file open there yet.
  if (use.access != Access::kWrite) {
    TRY(sys::set_read_only(looked.tree.get(), true, use.access == Access::kRead));
  }
  auto name = concat(next_++, "-", base_name(wanted.source));
  auto share = TRY(directory_.add(looked.tree.get(), name));
  use.share = name;
  shares_[name] = {std::move(share), wanted.id_map};
  return look_again();
}

void SharedSources::find_covering(const Wanted& wanted, SharedUse& use) {
  for (const auto& [name, one] : shares_) {
    if (name == use.share || one.parts.empty() || !same_map(one.id_map, wanted.id_map)) continue;
    auto place = place_in(wanted.looked.parts, one.parts.front().device, one.parts.front().root);
    if (!place || place->empty()) continue;
    auto inner = look_at_file(path_of(name));
    auto here = look_at_file(path_of(use.share, join_places(use.place, *place)));
    if (!inner || !here || !is_same_file(*inner, *here) || (by_name_ && !S_ISDIR(inner->st_mode))) continue;
    use.covering.push_back({*place, name});
  }
  // What lies in another of them is mounted over it.
  std::sort(use.covering.begin(), use.covering.end(),
            [](const auto& a, const auto& b) { return a.place.size() < b.place.size(); });
}

// Where the mount begins that shows a place of a share.
std::string SharedSources::mount_of(const std::string& share, const std::string& place) {
  std::string found;
  for (const auto& part : shares_[share].parts) {
    bool above = part.place == place || part.place.empty() || place.starts_with(part.place + "/");
    if (above && part.place.size() > found.size()) found = part.place;
  }
  return path_of(share, found);
}

// What is writable on the host and read-only in the share, because nobody had asked for more yet.
Result<> SharedSources::allow_writing(const HostSource& looked, const SharedUse& use) {
  if (use.access == Access::kRead) return {};
  for (const auto& part : looked.parts) {
    bool wanted = use.access == Access::kWrite || !part.place.empty();
    if (part.read_only || !wanted) continue;
    TRY(change_access(mount_of(use.share, join_places(use.place, part.place)), false, false));
  }
  for (const auto& inner : use.covering) {
    if (use.access == Access::kWrite) TRY(change_access(path_of(inner.share), false, false));
  }
  return {};
}

void SharedSources::count(const SharedUse& use, int by) {
  shares_[use.share].users[static_cast<size_t>(use.access)] += by;
  for (const auto& inner : use.covering) shares_[inner.share].users[static_cast<size_t>(use.access)] += by;
}

Result<SharedUse> SharedSources::take_looked_at(const Wanted& wanted) {
  const auto& looked = wanted.looked;
  SharedUse use;
  use.access = wanted.access;
  // As with a bind mount on the host, which stays as read-only as what it is one of.
  bool read_only = !looked.parts.empty() && looked.parts.front().read_only;
  if (read_only && use.access == Access::kWrite) use.access = Access::kReadTop;
  TRY(look_again());
  if (!find(wanted, use)) TRY(add(wanted, use));
  find_covering(wanted, use);
  for (const auto& part : shares_[use.share].parts) {
    if (!part.place.empty() && !is_kernels(part.type)) use.submounts.push_back(part.place);
  }
  count(use, 1);
  auto allowed = allow_writing(looked, use);
  if (allowed) return use;
  count(use, -1);
  give_back_one(use.share);
  return allowed.error();
}

Result<SharedUse> SharedSources::take(const std::string& source, bool recursive, Access access,
                                      const std::optional<oci::IdMap>& id_map) {
  MutexLock lock(mutex_);
  HostSource looked;
  auto seen = sys::run_in(engine_, [&]() -> Result<> {
    looked = TRY(look_at_source(source, recursive));
    return {};
  });
  auto use = seen ? take_looked_at({std::move(looked), source, access, id_map}) : Result<SharedUse>(seen.error());
  return std::move(use).wrap(concat("sharing ", source, " with the guest"));
}

void SharedSources::give_back_one(const std::string& share) {
  auto found = shares_.find(share);
  if (found == shares_.end()) return;
  const auto& one = found->second;
  if (!one.used_for(Access::kRead)) {
    directory_.remove(one.share);
    shares_.erase(found);
    return;
  }
  Result<> lowered;
  if (!one.used_for(Access::kReadTop)) {
    lowered = change_access(path_of(share), true, true);
  } else if (!one.used_for(Access::kWrite)) {
    lowered = change_access(path_of(share), true, false);
  }
  // The agent holds the guest to it, and here it is tried again when the next one goes.
  if (!lowered) log::info("storage", "a share stays writable", {{"share", share}, {"error", lowered.error().text()}});
}

void SharedSources::give_back(const SharedUse& use) {
  if (use.share.empty()) return;
  MutexLock lock(mutex_);
  count(use, -1);
  give_back_one(use.share);
  for (const auto& inner : use.covering) give_back_one(inner.share);
}

}  // namespace kata::storage
