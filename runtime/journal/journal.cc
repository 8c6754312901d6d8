#include "runtime/journal/journal.h"

#include <fcntl.h>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "runtime/journal/text.h"
#include "runtime/systemd/scope.h"

namespace kata::journal {

namespace {

// A pod writes some hundred bytes per container; this is far beyond any that is not an attack.
constexpr size_t kMaxSize = 64U << 20U;

Result<Contents> load(const std::string& path, const std::vector<std::string>& roots) {
  auto text = sys::read_file(path, kMaxSize);
  if (!text && text.error().is_errno(ENOENT)) return Contents{};
  if (!text) return text.error().wrap("reading the journal");
  auto contents = parse(*text, roots);
  if (contents.bad_lines > 0) {
    log::warning("journal", "skipped lines that make no sense",
                 {{"path", path}, {"lines", concat(contents.bad_lines)}});
  }
  return contents;
}

}  // namespace

Result<> replay(const std::string& path, const std::vector<std::string>& roots) {
  auto contents = TRY(load(path, roots));
  return undo_all(contents.standing);
}

Journal::Journal(UniqueFd file, std::vector<std::string> roots, Contents contents)
    : file_(std::move(file)), roots_(std::move(roots)), contents_(std::move(contents)) {}

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, std::vector<std::string> roots) {
  auto contents = TRY(load(path, roots));
  auto file = TRY(sys::open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0600));
  // A line that was cut off must not swallow the next one.
  TRY(sys::write_all(file.get(), "\n"));
  return std::unique_ptr<Journal>(new Journal(std::move(file), std::move(roots), std::move(contents)));
}

Result<uint64_t> Journal::append(Entry entry) {
  MutexLock lock(mutex_);
  entry.number = contents_.next_number;
  TRY_WRAP(sys::write_all(file_.get(), to_line(entry)), "writing the journal");
  ++contents_.next_number;
  contents_.standing.push_back(std::move(entry));
  return contents_.standing.back().number;
}

Result<uint64_t> Journal::process(pid_t pid) {
  Entry entry{.kind = Kind::kProcess, .pid = pid};
  entry.start_time = TRY(sys::process_start_time(pid));
  return append(std::move(entry));
}

void Journal::allow(std::string root) {
  MutexLock lock(mutex_);
  roots_.push_back(std::move(root));
}

Result<uint64_t> Journal::resource(Kind kind, const std::string& path) {
  MutexLock lock(mutex_);
  bool known = acceptable(path, roots_);
  lock.unlock();
  if (!known) {
    return Error::make(Code::kInternal, concat("the journal has no place for ", path));
  }
  return append(Entry{.kind = kind, .path = path});
}

Result<uint64_t> Journal::network(const std::string& path, uint64_t inode, int link_index) {
  if (!acceptable(path, {""})) return Error::make(Code::kInvalidArgument, concat("no namespace can be at ", path));
  return append(Entry{.kind = Kind::kNetwork, .path = path, .inode = inode, .link_index = link_index});
}

Result<uint64_t> Journal::cgroup(const std::string& path, unsigned made) {
  if (!acceptable_cgroup(path)) return Error::make(Code::kInternal, concat("no cgroup of ours is called ", path));
  return append(Entry{.kind = Kind::kCgroup, .path = path, .made = made});
}

Result<uint64_t> Journal::unit(const std::string& name) {
  if (!systemd::is_scope_name(name)) return Error::make(Code::kInvalidArgument, concat("no scope is called ", name));
  return append(Entry{.kind = Kind::kUnit, .path = name});
}

Result<> Journal::undo(uint64_t number) {
  Entry found;
  {
    MutexLock lock(mutex_);
    for (const auto& entry : contents_.standing) {
      if (entry.number == number) found = entry;
    }
  }
  if (found.number == 0) return {};
  TRY(journal::undo(found));
  strike(number);
  return {};
}

void Journal::strike(uint64_t number) {
  MutexLock lock(mutex_);
  if (std::erase_if(contents_.standing, [&](const Entry& e) { return e.number == number; }) == 0) return;
  // Losing this line costs a second, harmless, undo.
  ignore(sys::write_all(file_.get(), concat("- ", number, "\n")));
}

Result<> Journal::undo_all() {
  std::vector<Entry> all;
  {
    MutexLock lock(mutex_);
    all = contents_.standing;
  }
  return journal::undo_all(all);
}

}  // namespace kata::journal
