#include "runtime/journal/journal.h"

#include <fcntl.h>

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "runtime/journal/payload.h"

namespace kata::journal {

namespace {

// A pod writes some hundred bytes for each container; this is far beyond any journal that is not an attack.
constexpr size_t kLargestFile = 64U << 20U;

Result<Contents> load(const std::string& path, Kinds kinds, const Roots& roots) {
  auto text = sys::read_regular_file(path, kLargestFile);
  if (!text && text.error().is_errno(ENOENT)) return Contents{};
  if (!text) return text.error().wrap("reading the journal");
  auto contents = parse(*text, kinds, roots);
  if (contents.bad_lines > 0) {
    log::warning("journal", "lines that make no sense are skipped",
                 {{"path", path}, {"lines", concat(contents.bad_lines)}, {"first", contents.first_bad_line}});
  }
  return contents;
}

bool holds(const Entry& entry, const std::string& path) {
  auto directory = decode(entry.payload);
  return directory && path.starts_with(*directory + "/");
}

Result<> undo_entries(const std::vector<Entry>& entries, const std::string& path) {
  Result<> outcome;
  auto undo_one = [&](const Entry& entry) {
    if (!outcome.ok() && holds(entry, path)) return;  // whoever repeats it needs the journal
    auto done = entry.kind->undo(entry.payload);
    if (done) return;
    log::warning("journal", "cannot undo", {{"error", done.error().text()}});
    if (outcome.ok()) outcome = done;
  };
  // The shim was written first and goes first: it must not react to the end of its VMM.
  for (const auto& entry : entries) {
    if (entry.kind->runs) undo_one(entry);
  }
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (!entry->kind->runs) undo_one(*entry);
  }
  return outcome;
}

}  // namespace

Result<> replay(const std::string& path, Kinds kinds, const Roots& roots) {
  return undo_entries(TRY(load(path, kinds, roots)).entries, path);
}

Journal::Journal(std::string path, UniqueFd file, Kinds kinds, Roots roots, Contents contents)
    : path_(std::move(path)),
      kinds_(kinds),
      file_(std::move(file)),
      roots_(std::move(roots)),
      entries_(std::move(contents.entries)),
      next_number_(contents.next_number) {}

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, Kinds kinds, Roots roots) {
  auto contents = TRY(load(path, kinds, roots));
  auto file = TRY(sys::open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0600));
  // A line that was cut off must not swallow the next one.
  TRY(sys::write_all(file.get(), "\n"));
  return std::unique_ptr<Journal>(new Journal(path, std::move(file), kinds, std::move(roots), std::move(contents)));
}

void Journal::allow(std::string root) {
  MutexLock lock(mutex_);
  roots_.push_back(std::move(root));
}

Result<uint64_t> Journal::add(const Kind& kind, std::string payload) {
  MutexLock lock(mutex_);
  bool known = std::find(kinds_.begin(), kinds_.end(), &kind) != kinds_.end();
  if (!known || payload.find('\n') != std::string::npos || !kind.is_valid(payload, roots_)) {
    return Error::make(Code::kInternal, concat("the journal has no place for ", kind.name, " ", payload));
  }
  Entry entry{next_number_, &kind, std::move(payload)};
  TRY_WRAP(sys::write_all(file_.get(), to_line(entry)), "writing the journal");
  entries_.push_back(std::move(entry));
  return next_number_++;
}

Result<> Journal::undo(uint64_t number) {
  Entry found;
  {
    MutexLock lock(mutex_);
    for (const auto& entry : entries_) {
      if (entry.number == number) found = entry;
    }
  }
  if (found.kind == nullptr) return {};
  TRY(found.kind->undo(found.payload));
  strike(number);
  return {};
}

void Journal::strike(uint64_t number) {
  MutexLock lock(mutex_);
  if (std::erase_if(entries_, [&](const Entry& one) { return one.number == number; }) == 0) return;
  // Losing this line costs a second, harmless, undo.
  ignore(sys::write_all(file_.get(), concat("- ", number, "\n")));
}

Result<> Journal::undo_all() {
  std::vector<Entry> all;
  {
    MutexLock lock(mutex_);
    all = entries_;
  }
  return undo_entries(all, path_);
}

}  // namespace kata::journal
