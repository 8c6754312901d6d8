// The files of engines: what is written into them can be undone to the byte. Not for two processes at a time.
//
// A file that is all ours (a drop-in) says so at its top, with a checksum of the rest. Of a file of somebody else's the
// bytes from before are kept beside it, as FILE.before-NAME, with FILE.before-NAME.sha256, which has the checksum of
// what was written (sha256sum --check reads it). Where there was no file, only the checksum is kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::cli::engines {

// Nothing where there is no such file.
Result<std::optional<std::string>> read_if_there(const std::string& path);

enum class Owner { kOurs, kTheirs };

// A file as it shall be.
struct Edit {
  std::string path;
  std::optional<std::string> before;  // nothing: there is none
  std::string after;
  Owner owner = Owner::kTheirs;

  bool changes() const { return before != after; }
};

// `maker`: the command that wrote it.
std::string own_text(std::string_view maker, std::string_view body);
// Whether it is a file that own_text() made, unchanged since.
bool is_own(std::string_view text);

inline constexpr std::string_view kRecord = ".sha256";                    // behind the backup's name
std::string backup_of(const std::string& path, const std::string& name);  // FILE.before-NAME

// The backup first, then the file, which readers see before or after and never between.
Result<> write_edit(const Edit& edit, const std::string& name);

enum class Undone { kNothing, kRestored, kRemoved };
// What undo() would do. A file that was changed since is an error.
Result<Undone> plan_undo(const std::string& path, Owner owner, const std::string& name);
Result<Undone> undo(const std::string& path, Owner owner, const std::string& name);

// The lines that go and that come, as diff(1) marks them.
std::string describe(const Edit& edit);

}  // namespace kata::cli::engines
