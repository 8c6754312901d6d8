#include "runtime/cgroups/names.h"

#include "lib/base/concat.h"
#include "lib/cgroup/cgroup.h"

namespace kata::cgroups {

namespace {

// Upstream's names.
constexpr char kPrefix[] = "kata_";
constexpr char kNowhere[] = "/kata_sandboxed_pod";  // of pods that name no cgroup
constexpr char kOverhead[] = "/kata_overhead";
constexpr char kOverheadSlice[] = "kata-overhead.slice";
constexpr char kSliceAbove[] = "kata.slice";  // systemd makes one for each dash in a slice's name
constexpr char kScopeEnd[] = ".scope";

bool is_systemd(const std::string& path) {
  return path.find('/') == std::string::npos && path.find(':') != path.rfind(':');
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string last_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Result<Names> names_of(const std::string& cgroups_path, const std::string& sandbox_id, bool systemd_by_default) {
  auto given = cgroups_path;
  if (given.empty() && systemd_by_default) given = concat("system.slice:kata:", sandbox_id);
  auto path = TRY(cgroup::path_of(given, concat(kNowhere, "/", sandbox_id)));
  Names out;
  // A slice as the last part ("a.slice:x:y.slice") is none that we could make a scope of.
  if (!is_systemd(given) || !path.ends_with(kScopeEnd)) {
    out.sandbox = concat(parent_of(path), "/", kPrefix, sandbox_id);
    out.overhead = concat(kOverhead, "/", sandbox_id);
    return out;
  }
  out.systemd = true;
  out.sandbox = path;
  out.sandbox_unit = last_of(path);
  out.sandbox_slice = given.starts_with(':') ? "system.slice" : given.substr(0, given.find(':'));
  out.overhead_unit = concat("kata-", sandbox_id, kScopeEnd);
  out.overhead_slice = kOverheadSlice;
  out.overhead = TRY(cgroup::path_of(concat(kOverheadSlice, ":kata:", sandbox_id), ""));
  return out;
}

Names without_systemd(const Names& names, const std::string& sandbox_id) {
  Names out;
  out.sandbox = concat(parent_of(names.sandbox), "/", kPrefix, sandbox_id);
  out.overhead = concat(kOverhead, "/", sandbox_id);
  return out;
}

bool is_ours(const std::string& directory) {
  auto name = last_of(directory);
  return name.starts_with(kPrefix) || name.ends_with(kScopeEnd) || parent_of(directory).ends_with(kOverhead);
}

bool is_shared_by_pods(const std::string& directory) {
  auto name = last_of(directory);
  return directory.ends_with(kOverhead) || directory.ends_with(kNowhere) || name == kOverheadSlice ||
         name == kSliceAbove;
}

}  // namespace kata::cgroups
