#include "runtime/cgroups/names.h"

#include "lib/base/concat.h"
#include "lib/cgroup/cgroup.h"

namespace kata::cgroups {

namespace {

// Upstream's names.
constexpr char kPrefix[] = "kata_";
constexpr char kNowhere[] = "/kata_sandboxed_pod/";
constexpr char kOverhead[] = "/kata_overhead/";
constexpr char kOverheadSlice[] = "kata-overhead.slice";

bool is_systemd(const std::string& path) {
  return path.find('/') == std::string::npos && path.find(':') != path.rfind(':');
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string last_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Result<Names> names_of(const std::string& cgroups_path, const std::string& sandbox_id, bool systemd_by_default) {
  auto given = cgroups_path;
  if (given.empty() && systemd_by_default) given = concat("system.slice:kata:", sandbox_id);
  auto path = TRY(cgroup::path_of(given, kNowhere + sandbox_id));
  Names out;
  // A slice as the last part ("a.slice:x:y.slice") is none that we could make a scope of.
  if (!is_systemd(given) || !path.ends_with(".scope")) {
    out.sandbox = concat(parent_of(path), "/", kPrefix, sandbox_id);
    out.overhead = kOverhead + sandbox_id;
    return out;
  }
  out.systemd = true;
  out.sandbox = path;
  out.sandbox_unit = last_of(path);
  out.sandbox_slice = given.starts_with(':') ? "system.slice" : given.substr(0, given.find(':'));
  out.overhead_unit = concat("kata-", sandbox_id, ".scope");
  out.overhead_slice = kOverheadSlice;
  out.overhead = TRY(cgroup::path_of(concat(kOverheadSlice, ":kata:", sandbox_id), ""));
  return out;
}

Names without_systemd(const Names& names, const std::string& sandbox_id) {
  Names out;
  out.sandbox = concat(parent_of(names.sandbox), "/", kPrefix, sandbox_id);
  out.overhead = kOverhead + sandbox_id;
  return out;
}

}  // namespace kata::cgroups
