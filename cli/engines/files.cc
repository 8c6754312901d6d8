#include "cli/engines/files.h"

#include <algorithm>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/sha256.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"
#include "lib/sys/root_path.h"

namespace kata::cli::engines {

namespace {

constexpr std::string_view kChecksum = "# sha256 of what follows: ";
constexpr size_t kDigits = 64;
constexpr mode_t kUsualMode = 0644;
constexpr mode_t kModeBits = 07777;

std::string record_of(const std::string& path, const std::string& name) {
  return backup_of(path, name) + std::string(kRecord);
}

// Who could read it still can, and nobody else.
mode_t mode_of(const std::string& path) {
  auto there = sys::stat(path);
  return there ? there->st_mode & kModeBits : kUsualMode;
}

Error changed_since(const std::string& path) {
  return Error::make(Code::kFailedPrecondition, concat(path, " was changed after it had been written, so it stays"));
}

Result<Undone> plan_own(const std::string& path) {
  auto text = TRY(read_if_there(path));
  if (!text) return Undone::kNothing;
  if (is_own(*text)) return Undone::kRemoved;
  return changed_since(path).hint(concat("remove ", path, " yourself, when nothing in it is needed"));
}

Result<Undone> plan_theirs(const std::string& path, const std::string& name) {
  auto record = TRY(read_if_there(record_of(path, name)));
  if (!record) return Undone::kNothing;
  auto backup = backup_of(path, name);
  auto before = TRY(read_if_there(backup));
  auto now = TRY(read_if_there(path));
  if (now == before) return Undone::kNothing;  // the installation was cut short, or somebody was faster
  if (now && sha256_hex(*now) == record->substr(0, kDigits)) return before ? Undone::kRestored : Undone::kRemoved;
  auto as_before = before ? concat("move ", backup, " over it") : concat("remove it, as there was none before,");
  return changed_since(path).hint(concat("use --undo first for what was installed later under another name; or remove ",
                                         name, " from it by hand, and ", backup, "*; or ", as_before,
                                         " if what was changed since is not needed"));
}

// The place of a link's file: a rename would put a file where the link is.
Result<std::string> behind_links(const std::string& path) {
  return sys::exists(path) ? sys::real_path(path) : Result<std::string>(path);
}

}  // namespace

Result<std::optional<std::string>> read_if_there(const std::string& path) {
  auto text = sys::read_file(path);
  if (text) return std::optional<std::string>(*std::move(text));
  if (text.error().is_errno(ENOENT) || text.error().is_errno(ENOTDIR)) return std::optional<std::string>();
  return text.error();
}

std::string own_text(std::string_view maker, std::string_view body) {
  return concat("# Made by \"", maker, "\", which takes it back, too. Do not change it.\n", kChecksum, sha256_hex(body),
                "\n", body);
}

bool is_own(std::string_view text) {
  take(text, '\n');
  auto line = take(text, '\n');
  return line.starts_with(kChecksum) && line.substr(kChecksum.size()) == sha256_hex(text);
}

std::string backup_of(const std::string& path, const std::string& name) { return concat(path, ".before-", name); }

Result<> write_edit(const Edit& edit, const std::string& name) {
  TRY(sys::make_directories(sys::parent_of(edit.path)));
  auto path = TRY(behind_links(edit.path));
  auto mode = mode_of(path);
  if (edit.owner == Owner::kTheirs) {
    auto backup = backup_of(edit.path, name);
    if (edit.before) {
      TRY(sys::write_file_atomic(backup, *edit.before, mode));
    } else {
      TRY(sys::remove_file(backup));  // of an earlier time
    }
    auto line = concat(sha256_hex(edit.after), "  ", sys::last_of(edit.path), "\n");
    TRY(sys::write_file_atomic(record_of(edit.path, name), line));
  }
  return sys::write_file_atomic(path, edit.after, mode);
}

Result<Undone> plan_undo(const std::string& path, Owner owner, const std::string& name) {
  return owner == Owner::kOurs ? plan_own(path) : plan_theirs(path, name);
}

Result<Undone> undo(const std::string& path, Owner owner, const std::string& name) {
  auto plan = TRY(plan_undo(path, owner, name));
  if (owner == Owner::kTheirs && !sys::exists(record_of(path, name))) return plan;  // whose backup is that?
  auto place = TRY(behind_links(path));
  if (plan == Undone::kRemoved) TRY(sys::remove_file(place));
  if (plan == Undone::kRestored) {
    TRY(sys::write_file_atomic(place, TRY(sys::read_file(backup_of(path, name))), mode_of(place)));
  }
  if (owner == Owner::kOurs) return plan;
  TRY(sys::remove_file(backup_of(path, name)));
  TRY(sys::remove_file(record_of(path, name)));
  return plan;
}

std::string describe(const Edit& edit) {
  auto before = edit.before.value_or("");
  auto old_lines = lines_of(before);
  auto new_lines = lines_of(edit.after);
  auto [old_at, new_at] = std::mismatch(old_lines.begin(), old_lines.end(), new_lines.begin(), new_lines.end());
  auto old_end = old_lines.end();
  auto new_end = new_lines.end();
  while (old_end != old_at && new_end != new_at && *(old_end - 1) == *(new_end - 1)) {
    --old_end;
    --new_end;
  }
  std::string out;
  for (; old_at != old_end; ++old_at) out += concat("  - ", *old_at, "\n");
  for (; new_at != new_end; ++new_at) out += concat("  + ", *new_at, "\n");
  return out;
}

}  // namespace kata::cli::engines
