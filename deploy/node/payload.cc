#include "deploy/node/payload.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>

#include "cli/output/output.h"
#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"
#include "lib/sys/root_path.h"

namespace kata::deploy {

namespace {

constexpr char kList[] = ".kata-deploy";
constexpr char kBesides[] = "/opt/kata";
constexpr size_t kLargestFile = 1U << 30U;
constexpr mode_t kModeBits = 07777;
constexpr std::string_view kBefore = "configuration-";
constexpr std::string_view kBehind = ".toml";

Result<> list_below(const std::string& root, const std::string& below, std::vector<std::string>& out) {
  for (const auto& name : TRY(sys::list_directory(root + below))) {
    auto path = concat(below, "/", name);
    if (S_ISDIR(TRY(sys::lstat(root + path)).st_mode)) {
      TRY(list_below(root, path, out));
    } else {
      out.push_back(path.substr(1));
    }
  }
  return {};
}

std::vector<std::string> shims_of(const std::vector<std::string>& files) {
  std::vector<std::string> out;
  auto start = concat(kDefaults, "/", kBefore);
  for (const auto& file : files) {
    if (!file.starts_with(start) || !file.ends_with(kBehind)) continue;
    auto name = file.substr(start.size(), file.size() - start.size() - kBehind.size());
    if (!name.empty() && name.find('/') == std::string::npos) out.push_back(name);
  }
  return out;
}

// Of the copy; nothing where it has no list.
Result<std::vector<std::string>> listed(const Target& target) {
  std::vector<std::string> out;
  auto text = sys::read_file(concat(target.directory, "/", kList));
  if (!text && text.error().is_errno(ENOENT)) return out;
  auto all = TRY(text);
  for (auto line : lines_of(all)) {
    bool leads_out = line.starts_with('/') || line.find("..") != std::string_view::npos;
    if (!line.empty() && line[0] != '#' && !leads_out) out.emplace_back(line);
  }
  return out;
}

Result<> write_list(const Target& target, const std::set<std::string>& files) {
  auto text = concat("# What kata-deploy has written here. \"kata-deploy cleanup\" removes it.\n");
  for (const auto& file : files) text += file + "\n";
  return sys::write_file_atomic(concat(target.directory, "/", kList), text);
}

Result<> expect_no_foreign(const Target& target) {
  if (!sys::exists(target.directory) || sys::exists(concat(target.directory, "/", kList))) return {};
  if (TRY(sys::list_directory(target.directory)).empty()) return {};
  return Error::make(Code::kAlreadyExists, concat(target.name, " is there, and was not made by kata-deploy"))
      .hint(
          concat("remove ", target.name, " when nothing needs it, or set INSTALLATION_PREFIX or MULTI_INSTALL_SUFFIX"));
}

Result<bool> is_same_link(const std::string& text, const std::string& path) {
  auto there = sys::read_link(path);
  return there && *there == text;
}

// True when it was written, or would be.
Result<bool> copy_link(const std::string& from, const std::string& to, bool dry_run) {
  auto text = TRY(sys::read_link(from));
  if (TRY(is_same_link(text, to))) return false;
  if (dry_run) return true;
  TRY(sys::remove_file(to));
  if (::symlink(text.c_str(), to.c_str()) != 0) return Error::sys(errno, "link", to);
  return true;
}

Result<bool> put(const std::string& text, mode_t mode, const std::string& to, bool dry_run) {
  auto there = sys::lstat(to);
  if (there && S_ISREG(there->st_mode) && (there->st_mode & kModeBits) == mode &&
      static_cast<size_t>(there->st_size) == text.size() && TRY(sys::read_file(to, kLargestFile)) == text) {
    return false;
  }
  if (!dry_run) TRY(sys::write_file_atomic(to, text, mode));
  return true;
}

Result<bool> copy_file(const std::string& from, const std::string& to, bool dry_run) {
  auto info = TRY(sys::lstat(from));
  if (!dry_run) TRY(sys::make_directories(sys::parent_of(to)));
  if (S_ISLNK(info.st_mode)) return copy_link(from, to, dry_run);
  return put(TRY(sys::read_file(from, kLargestFile)), info.st_mode & kModeBits, to, dry_run);
}

Result<> remove_with_parents(const Target& target, const std::string& file) {
  TRY(sys::remove_file(concat(target.directory, "/", file)));
  for (auto at = file.rfind('/'); at != std::string::npos; at = file.rfind('/', at - 1)) {
    auto path = concat(target.directory, "/", file.substr(0, at));
    if (::rmdir(path.c_str()) != 0) break;  // there is more in it
    if (at == 0) break;
  }
  return {};
}

}  // namespace

Result<Payload> read_payload(const std::string& directory) {
  Payload out;
  out.directory = sys::exists(directory + kBesides) ? directory + kBesides : directory;
  TRY_WRAP(list_below(out.directory, "", out.files), "the files to install");
  std::sort(out.files.begin(), out.files.end());
  out.shims = shims_of(out.files);
  if (!out.shims.empty()) return out;
  return Error::make(Code::kNotFound, concat(out.directory, " has no ", kDefaults, "/configuration-*.toml"))
      .hint("use --artifacts with the directory that the tarball was unpacked in");
}

Result<> copy_payload(const Payload& payload, const std::vector<MadeFile>& made, const Target& target, bool dry_run) {
  TRY(expect_no_foreign(target));
  auto before = TRY(listed(target));
  std::set<std::string> files(payload.files.begin(), payload.files.end());
  for (const auto& file : made) files.insert(file.path);
  if (!dry_run) {
    TRY(sys::make_directories(target.directory));
    auto both = files;
    both.insert(before.begin(), before.end());
    TRY(write_list(target, both));
  }
  size_t written = 0;
  for (const auto& file : payload.files) {
    auto to = concat(target.directory, "/", file);
    if (TRY_WRAP(copy_file(concat(payload.directory, "/", file), to, dry_run), concat("copying ", file))) ++written;
  }
  for (const auto& file : made) {
    auto to = concat(target.directory, "/", file.path);
    if (!dry_run) TRY(sys::make_directories(sys::parent_of(to)));
    if (TRY(put(file.text, 0644, to, dry_run))) ++written;
  }
  size_t removed = 0;
  for (const auto& file : before) {
    if (files.contains(file)) continue;
    ++removed;
    if (!dry_run) TRY(remove_with_parents(target, file));
  }
  if (!dry_run) TRY(write_list(target, files));
  return cli::print(concat(target.name, ": ", dry_run ? "would write " : "wrote ", written, " of ", files.size(),
                           " files", removed == 0 ? "" : concat(", and remove ", removed, " that are no more"), "\n"));
}

Result<std::vector<std::string>> copied_shims(const Target& target) {
  auto files = TRY(listed(target));
  std::sort(files.begin(), files.end());
  return shims_of(files);
}

Result<> remove_copy(const Target& target, bool dry_run) {
  auto files = TRY(listed(target));
  if (files.empty()) return cli::print(concat(target.name, ": nothing of kata-deploy is there\n"));
  if (dry_run) return cli::print(concat(target.name, ": would remove ", files.size(), " files\n"));
  for (const auto& file : files) TRY(remove_with_parents(target, file));
  TRY(sys::remove_file(concat(target.directory, "/", kList)));
  auto rest = TRY(sys::list_directory(target.directory));
  // One that is mounted here, as kata-deploy-docker's is, stays.
  auto gone = rest.empty() ? sys::remove_directory(target.directory) : Result<>();
  if (!gone && !gone.error().is_errno(EBUSY)) return gone;
  return cli::print(concat(target.name, ": removed ", files.size(), " files",
                           rest.empty() ? "" : "; others' files in it stay", "\n"));
}

}  // namespace kata::deploy
