#include "agent/storage/mirror.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "lib/base/concat.h"
#include "lib/sys/at.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

constexpr mode_t kPermissions = 07777;
constexpr size_t kDeepest = 16;
// The name of the one file or link of a directory that is being written, until it gets its own. A key of Kubernetes may
// be as long as a name can be, so nothing is added to it.
constexpr const char* kUnfinished = ".kata-new";
constexpr const char* kSwappedLink = "..data";  // the kubelet's; everything else in the volume goes through it

bool same_time(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

bool same_info(const struct stat& a, const struct stat& b) {
  bool same = a.st_mode == b.st_mode && a.st_uid == b.st_uid && a.st_gid == b.st_gid;
  if (S_ISDIR(a.st_mode)) return same;
  return same && a.st_ino == b.st_ino && a.st_size == b.st_size && same_time(a.st_mtim, b.st_mtim);
}

Result<UniqueFd> open_directory(int parent, const std::string& name) {
  return sys::open_at(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

// Whatever is there, with all that is in it. What is not there is success.
Result<> remove_at(int directory, const std::string& name) {
  if (::unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR) return Error::sys(errno, "remove", name);
  {
    auto inner = TRY(open_directory(directory, name));
    for (const auto& one : TRY(sys::list_directory(inner.get(), name))) TRY(remove_at(inner.get(), one));
  }
  return ::unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0 ? Result<>{} : Error::sys(errno, "remove", name);
}

Result<> give_name(int directory, const std::string& from, const std::string& name) {
  if (::renameat(directory, from.c_str(), directory, name.c_str()) == 0) return {};
  if (errno != EISDIR) return Error::sys(errno, "create", name);
  TRY(remove_at(directory, name));
  return ::renameat(directory, from.c_str(), directory, name.c_str()) == 0 ? Result<>{}
                                                                           : Error::sys(errno, "create", name);
}

// Owner first: a change of owner takes setuid bits away.
Result<> set_attributes(int fd, const struct stat& info, const std::string& name) {
  if (::fchown(fd, info.st_uid, info.st_gid) != 0) return Error::sys(errno, "change owner of", name);
  if (::fchmod(fd, info.st_mode & kPermissions) != 0) return Error::sys(errno, "change mode of", name);
  return {};
}

Result<> set_time(int fd, const struct stat& info, const std::string& name) {
  const timespec times[2] = {info.st_mtim, info.st_mtim};
  return ::futimens(fd, times) == 0 ? Result<>{} : Error::sys(errno, "set the time of", name);
}

Result<> write_content(int source, int target, const struct stat& info, const std::string& name) {
  // Read at once: what was scanned is what is copied, or the next round finds another time of change.
  TRY(sys::write_all(target, TRY(sys::read_to_end(source, sys::kSmallFile))));
  TRY(set_attributes(target, info, name));
  return set_time(target, info, name);
}

Result<> copy_file(int source, int target, const std::string& name, const struct stat& info) {
  auto in = TRY(sys::open_at(source, name, O_RDONLY | O_NOFOLLOW));
  TRY(remove_at(target, kUnfinished));
  auto out = TRY(sys::open_at(target, kUnfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  TRY(write_content(in.get(), out.get(), info, name));
  return give_name(target, kUnfinished, name);
}

Result<> copy_link(int target, const std::string& name, const std::string& text, const struct stat& info) {
  TRY(remove_at(target, kUnfinished));
  if (::symlinkat(text.c_str(), target, kUnfinished) != 0) return Error::sys(errno, "create link", name);
  if (::fchownat(target, kUnfinished, info.st_uid, info.st_gid, AT_SYMLINK_NOFOLLOW) != 0) {
    return Error::sys(errno, "change owner of", name);
  }
  return give_name(target, kUnfinished, name);
}

Result<UniqueFd> ensure_directory(int parent, const std::string& name) {
  if (::mkdirat(parent, name.c_str(), 0700) != 0) {
    if (errno != EEXIST) return Error::sys(errno, "create directory", name);
    if (S_ISDIR(TRY(sys::lstat_at(parent, name)).st_mode)) return open_directory(parent, name);
    TRY(remove_at(parent, name));
    if (::mkdirat(parent, name.c_str(), 0700) != 0) return Error::sys(errno, "create directory", name);
  }
  return open_directory(parent, name);
}

// The last name of a path, and an open directory that it is in.
struct Place {
  UniqueFd parent;
  std::string name;
};
Result<Place> place_of(const std::string& path) {
  auto slash = path.rfind('/');
  auto parent = TRY(sys::open(slash == 0 ? "/" : path.substr(0, slash), O_RDONLY | O_DIRECTORY));
  return Place{std::move(parent), path.substr(slash + 1)};
}

}  // namespace

struct Mirror::Budget {
  uint64_t bytes;
  size_t entries;
  size_t depth = 0;

  Result<> take(uint64_t size, const std::string& name) {
    if (entries == 0 || size > bytes) {
      return Error::make(Code::kResourceExhausted, concat("too much to be copied and followed (at ", name, ")"));
    }
    entries -= 1;
    bytes -= size;
    return {};
  }
};

// A directory of the source and its copy.
struct Mirror::Sides {
  int source;
  int target;
};

Result<Mirror> Mirror::create(const std::string& source, const std::string& target, const MirrorLimits& limits) {
  Mirror mirror(source, target, limits);
  TRY(mirror.follow());
  // Later it may grow as far as the file system that holds the copy lets it.
  constexpr size_t kMostEntries = 4096;
  mirror.limits_ = {sys::kSmallFile, kMostEntries};
  return mirror;
}

// Of a volume of Kubernetes one look is enough: its content changes with one link.
bool Mirror::seems_unchanged(const struct stat& now) const {
  auto link = seen_.children.find(kSwappedLink);
  if (link == seen_.children.end() || !S_ISLNK(link->second.info.st_mode)) return false;
  if (!same_info(seen_.info, now) || !same_time(seen_.info.st_mtim, now.st_mtim)) return false;
  return sys::read_link(concat(source_, "/", kSwappedLink)).value_or(std::string()) == link->second.link;
}

Result<Mirror::Entry> Mirror::scan_entry(int directory, const std::string& name, const struct stat& info,
                                         Budget& budget) {
  Entry entry{info, {}, {}};
  TRY(budget.take(S_ISREG(info.st_mode) ? static_cast<uint64_t>(info.st_size) : 0, name));
  if (S_ISLNK(info.st_mode)) entry.link = TRY(sys::read_link_at(directory, name));
  if (!S_ISDIR(info.st_mode)) return entry;
  auto inner = TRY(open_directory(directory, name));
  TRY(scan_children(inner.get(), entry, budget));
  return entry;
}

Result<> Mirror::scan_children(int directory, Entry& entry, Budget& budget) {
  if (++budget.depth > kDeepest) return Error::make(Code::kResourceExhausted, "nested too deeply to be followed");
  for (const auto& name : TRY(sys::list_directory(directory, "the volume"))) {
    auto info = sys::lstat_at(directory, name);
    if (!info && info.error().is_errno(ENOENT)) continue;  // gone meanwhile
    if (!info) return info.error();
    bool known = S_ISREG(info->st_mode) || S_ISDIR(info->st_mode) || S_ISLNK(info->st_mode);
    if (known) entry.children.emplace(name, TRY(scan_entry(directory, name, *info, budget)));
  }
  --budget.depth;
  return {};
}

Result<Mirror::Entry> Mirror::scan() const {
  Budget budget{limits_.bytes, limits_.entries};
  auto info = TRY(sys::stat(source_));  // the source itself may be reached through a link
  if (S_ISREG(info.st_mode)) {
    TRY(budget.take(static_cast<uint64_t>(info.st_size), source_));
    return Entry{info, {}, {}};
  }
  if (!S_ISDIR(info.st_mode)) {
    return Error::make(Code::kInvalidArgument, concat(source_, " is neither a file nor a directory"));
  }
  Entry entry{info, {}, {}};
  auto directory = TRY(sys::open(source_, O_RDONLY | O_DIRECTORY));
  TRY(scan_children(directory.get(), entry, budget));
  return entry;
}

bool Mirror::differ(const Entry& before, const Entry& now) {
  return !same_info(before.info, now.info) || before.link != now.link;
}

Result<> Mirror::apply_one(const Sides& sides, const std::string& name, const Entry* before, const Entry& now) {
  if (S_ISDIR(now.info.st_mode)) {
    auto source = TRY(open_directory(sides.source, name));
    auto target = TRY(ensure_directory(sides.target, name));
    TRY(apply_children({source.get(), target.get()}, before, now));
    return set_attributes(target.get(), now.info, name);
  }
  if (before != nullptr && !differ(*before, now)) return {};
  if (S_ISLNK(now.info.st_mode)) return copy_link(sides.target, name, now.link, now.info);
  return copy_file(sides.source, sides.target, name, now.info);
}

Result<> Mirror::apply_children(const Sides& sides, const Entry* before, const Entry& now) {
  auto old = [&](const std::string& name) -> const Entry* {
    if (before == nullptr) return nullptr;
    auto found = before->children.find(name);
    return found == before->children.end() ? nullptr : &found->second;
  };
  for (bool links : {false, true}) {
    for (const auto& [name, entry] : now.children) {
      if (S_ISLNK(entry.info.st_mode) == links) TRY(apply_one(sides, name, old(name), entry));
    }
  }
  if (before == nullptr) return {};
  for (const auto& [name, entry] : before->children) {
    if (!now.children.contains(name)) TRY(remove_at(sides.target, name));
  }
  return {};
}

Result<> Mirror::apply(const Entry& now) const {
  auto to = TRY(place_of(target_));
  if (S_ISDIR(now.info.st_mode)) {
    auto source = TRY(sys::open(source_, O_RDONLY | O_DIRECTORY));
    auto target = TRY(ensure_directory(to.parent.get(), to.name));
    TRY(apply_children({source.get(), target.get()}, empty_ ? nullptr : &seen_, now));
    return set_attributes(target.get(), now.info, target_);
  }
  // Containers have this very file bound to a place of theirs: another one under its name would not be seen.
  auto in = TRY(sys::open(source_, O_RDONLY));
  auto out = TRY(sys::open_at(to.parent.get(), to.name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
  return write_content(in.get(), out.get(), now.info, target_);
}

namespace {

template <typename Entry, typename Differ>
bool trees_differ(const Entry& a, const Entry& b, const Differ& differ) {
  if (differ(a, b) || a.children.size() != b.children.size()) return true;
  for (const auto& [name, entry] : a.children) {
    auto found = b.children.find(name);
    if (found == b.children.end() || trees_differ(entry, found->second, differ)) return true;
  }
  return false;
}

}  // namespace

Result<bool> Mirror::follow() {
  if (!empty_ && seems_unchanged(TRY(sys::stat(source_)))) return false;
  auto now = TRY(scan());
  if (!empty_ && !trees_differ(seen_, now, differ)) {
    seen_ = std::move(now);  // the time of the directory's change
    return false;
  }
  TRY(apply(now));
  seen_ = std::move(now);
  empty_ = false;
  return true;
}

}  // namespace kata::agent
