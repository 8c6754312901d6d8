#include "runtime/network/sysctls.h"

#include <algorithm>
#include <tuple>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::network {

namespace {

constexpr char kRoot[] = "/proc/sys/";
constexpr size_t kLongest = 4096;

// "net/ipv4/conf/eth0/forwarding" is the setting net/ipv4/conf/*/forwarding of eth0.
struct Name {
  std::string before, interface, after;
};

Name parse_name(const std::string& path) {
  for (const auto* folder : {"/conf/", "/neigh/"}) {
    auto found = path.find(folder);
    if (found == std::string::npos) continue;
    auto start = found + std::string_view(folder).size();
    auto end = path.find('/', start);
    if (end == std::string::npos) continue;
    return {path.substr(0, start), path.substr(start, end - start), path.substr(end)};
  }
  return {path, {}, {}};
}

void read_folder(const std::string& folder, Sysctls& out) {
  auto names = sys::list_directory(concat(kRoot, folder));
  if (!names) return;  // an interface that has just gone
  for (const auto& name : *names) {
    auto path = concat(folder, "/", name);
    auto info = sys::lstat(concat(kRoot, path));
    if (!info) continue;
    if (S_ISDIR(info->st_mode)) {
      read_folder(path, out);
      continue;
    }
    constexpr mode_t kBoth = S_IRUSR | S_IWUSR;
    if ((info->st_mode & kBoth) != kBoth) continue;
    auto value = sys::read_file(concat(kRoot, path), kLongest);
    // One that was never set cannot be read, as stable_secret.
    if (!value) continue;
    if (value->ends_with('\n')) value->pop_back();
    out.emplace(std::move(path), std::move(*value));
  }
}

// Settings of IPv4's interfaces that a kernel begins with when it says nothing of the host's.
std::string first_value(std::string_view setting, std::string_view interface) {
  constexpr std::string_view kOn[] = {"/accept_redirects", "/arp_evict_nocarrier", "/secure_redirects",
                                      "/send_redirects", "/shared_media"};
  if (std::find(std::begin(kOn), std::end(kOn), setting) != std::end(kOn)) return "1";
  if (setting == "/accept_source_route") return interface == "default" ? "1" : "0";
  if (setting == "/igmpv2_unsolicited_report_interval") return "10000";
  return setting == "/igmpv3_unsolicited_report_interval" ? "1000" : "0";
}

constexpr const char* kTheHosts[] = {
    "net/core/optmem_max", "net/core/rmem_default",           "net/core/rmem_max", "net/core/wmem_default",
    "net/core/wmem_max",   "net/ipv4/tcp_congestion_control", "net/ipv4/tcp_rmem", "net/ipv4/tcp_max_syn_backlog",
    "net/ipv4/tcp_wmem"};

// The interface's MTU is carried as such.
bool is_told_elsewhere(const Name& name) { return name.after == "/mtu"; }

const std::string* value_in(const Sysctls& sysctls, const std::string& path) {
  auto found = sysctls.find(path);
  return found == sysctls.end() ? nullptr : &found->second;
}

}  // namespace

Result<Sysctls> read_sysctls(const netlink::Namespace& where) {
  Sysctls out;
  TRY(where.run([&]() -> Result<> {
    read_folder("net", out);
    return {};
  }));
  return out;
}

bool is_the_hosts(const std::string& path) {
  return std::find(std::begin(kTheHosts), std::end(kTheHosts), path) != std::end(kTheHosts);
}

void add_the_hosts(Sysctls& to) {
  for (const auto* path : kTheHosts) {
    auto value = sys::read_file(concat(kRoot, path), kLongest);
    if (!value || to.contains(path)) continue;
    if (value->ends_with('\n')) value->pop_back();
    to.emplace(path, std::move(*value));
  }
}

Sysctls as_in_a_guest(Sysctls fresh) {
  for (const auto* path : kTheHosts) fresh[path].clear();
  for (auto& [path, value] : fresh) {
    if (path == "net/ipv4/ip_forward") value = "0";
    auto name = parse_name(path);
    bool inherited = name.before == "net/ipv4/conf/" && (name.interface == "all" || name.interface == "default");
    if (inherited) value = first_value(name.after, name.interface);
  }
  return fresh;
}

Sysctls changed_sysctls(const Sysctls& pod, const Sysctls& fresh, const std::set<std::string>& interfaces) {
  Sysctls changed;
  for (const auto& [path, value] : pod) {
    auto name = parse_name(path);
    if (is_told_elsewhere(name) || (interfaces.empty() && is_the_hosts(path))) continue;
    if (!interfaces.contains(name.interface)) {
      const auto* before = value_in(fresh, path);
      if (before != nullptr && *before != value) changed.emplace(path, value);
      continue;
    }
    const auto* before = value_in(fresh, concat(name.before, "default", name.after));
    // Settings of neighbours have no default that a namespace sees; its loopback begins with it.
    if (before == nullptr) before = value_in(fresh, concat(name.before, "lo", name.after));
    const auto* now = value_in(pod, concat(name.before, "default", name.after));
    bool same = before != nullptr && *before == value && (now == nullptr || *now == value);
    if (!same) changed.emplace(path, value);
  }
  return changed;
}

std::vector<std::string> writing_order(const Sysctls& sysctls) {
  std::vector<std::string> paths;
  for (const auto& [path, value] : sysctls) paths.push_back(path);
  auto rank = [](const std::string& path) {
    auto name = parse_name(path);
    int depth = name.interface.empty() ? 0 : name.interface == "all" ? 1 : name.interface == "default" ? 2 : 3;
    return std::make_tuple(depth, !path.ends_with("forward") && !path.ends_with("/forwarding"));
  };
  std::stable_sort(paths.begin(), paths.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return paths;
}

}  // namespace kata::network
