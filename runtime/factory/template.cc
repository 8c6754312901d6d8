#include "runtime/factory/template.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/sha256.h"
#include "lib/sys/file.h"

namespace kata::factory {

namespace {

constexpr size_t kHashDigits = 16;
constexpr uint64_t kBlock = 512;  // of stat(2)

// Templates in `base` that are whole, and what is not.
struct Contents {
  std::vector<Template> templates;
  std::vector<std::string> unfinished;
};

Result<Template> describe(const std::string& place) {
  Template out{.place = place, .kernel = sys::read_regular_file(place + "/kernel").value_or("")};
  for (const auto* name : {"/memory", "/state"}) {
    auto file = TRY(sys::stat(place + name));
    out.bytes += static_cast<uint64_t>(file.st_blocks) * kBlock;
    out.made_at = file.st_mtim.tv_sec;
  }
  return out;
}

Result<Contents> look(const std::string& base) {
  Contents out;
  auto names = sys::list_directory(base);
  if (!names && names.error().is_errno(ENOENT)) return out;
  for (const auto& name : TRY(std::move(names))) {
    auto place = concat(base, "/", name);
    auto found = describe(place);
    if (name.starts_with(kUnfinished)) {
      out.unfinished.push_back(place);
    } else if (found) {
      out.templates.push_back(std::move(*found));
    }
  }
  std::sort(out.templates.begin(), out.templates.end(),
            [](const auto& a, const auto& b) { return a.made_at < b.made_at; });
  return out;
}

// Whether it is still what its name leads to.
bool is_there(const UniqueFd& directory, const std::string& path) {
  auto opened = sys::stat(directory.get(), path);
  auto named = sys::stat(path);
  return opened && named && sys::is_same_file(*opened, *named);
}

}  // namespace

Result<UniqueFd> lock(const std::string& base, WhenBusy when_busy) {
  for (;;) {
    TRY(sys::make_directories(base, 0700));
    auto out = TRY(sys::open(base, O_RDONLY | O_DIRECTORY));
    if (when_busy == WhenBusy::kWait) {
      TRY(sys::lock_file(out.get(), base));
    } else if (!TRY(sys::try_lock_file(out.get(), base))) {
      return Error::make(Code::kUnavailable, concat("somebody else is making a template in ", base));
    }
    if (is_there(out, base)) return out;  // destroy() may have been quicker
  }
}

Result<std::string> place_of(const std::string& base, const hypervisor::Driver& driver,
                             const hypervisor::VmConfig& config) {
  return concat(base, "/", sha256_hex(TRY(driver.clone_key(config))).substr(0, kHashDigits));
}

Result<bool> is_usable(const std::string& place) {
  for (const auto* name : {"", "/memory", "/state"}) {
    auto path = place + name;
    auto info = sys::lstat(path);
    if (!info && info.error().is_errno(ENOENT)) return false;
    if (!info) return info.error();
    bool ours = (info->st_uid == ::geteuid() || info->st_uid == 0) && (info->st_mode & 022U) == 0;
    if (!ours) {
      return Error::make(Code::kPermissionDenied, concat("the template's ", path, " belongs to user ", info->st_uid,
                                                         " or others may write to it"))
          .hint("remove it, and see who made it");
    }
  }
  return true;
}

Result<std::vector<Template>> list(const std::string& base) { return TRY(look(base)).templates; }

Result<> clean_up(const std::string& base, size_t limit) {
  auto contents = TRY(look(base));
  for (const auto& place : contents.unfinished) TRY(sys::remove_tree(place));
  auto& templates = contents.templates;
  auto excess = templates.size() >= limit ? templates.size() + 1 - limit : 0;
  for (size_t i = 0; i < excess; ++i) {
    log::info("factory", "removing the oldest template", {{"place", templates[i].place}});
    TRY(sys::remove_tree(templates[i].place));
  }
  return {};
}

Result<> destroy(const std::string& base) {
  if (!sys::exists(base)) return {};
  auto held = TRY(lock(base, WhenBusy::kWait));
  TRY(clean_up(base, 1));
  auto removed = sys::remove_directory(base);
  // What else is there is not ours, nor is what is mounted there.
  if (removed || removed.error().is_errno(ENOTEMPTY) || removed.error().is_errno(EBUSY)) return {};
  return removed;
}

}  // namespace kata::factory
