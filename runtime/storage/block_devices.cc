#include "runtime/storage/block_devices.h"

#include <sys/sysmacros.h>
#undef major  // fields of the messages
#undef minor

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::storage {

namespace {

bool covers(const grpc::LinuxDeviceCgroup& rule, int64_t major, int64_t minor) {
  bool type = rule.type().empty() || rule.type() == "a" || rule.type() == "b";
  // Wildcards are -1; an absent number reads as 0, which "b 0:…" never is.
  bool all = rule.type().empty() || rule.type() == "a";
  bool numbers = (rule.major() == major || rule.major() == -1) && (rule.minor() == minor || rule.minor() == -1);
  return type && (all || numbers);
}

}  // namespace

grpc::LinuxDevice node_of(const struct stat& host, const std::string& path) {
  grpc::LinuxDevice node;
  node.set_path(path);
  node.set_type("b");
  node.set_major(gnu_dev_major(host.st_rdev));
  node.set_minor(gnu_dev_minor(host.st_rdev));
  node.set_filemode(host.st_mode & 07777U);
  node.set_uid(host.st_uid);
  node.set_gid(host.st_gid);
  return node;
}

bool is_node_of(const std::string& path, int64_t major, int64_t minor) {
  auto info = sys::stat(path);
  return info && S_ISBLK(info->st_mode) && gnu_dev_major(info->st_rdev) == static_cast<unsigned>(major) &&
         gnu_dev_minor(info->st_rdev) == static_cast<unsigned>(minor);
}

std::string host_node(int64_t major, int64_t minor, const std::string& sys, const std::string& dev) {
  auto text = sys::read_file(concat(sys, "/dev/block/", major, ":", minor, "/uevent"));
  if (!text) return {};
  constexpr std::string_view kKey = "DEVNAME=";
  auto start = text->find(kKey);
  if (start == std::string::npos) return {};
  start += kKey.size();
  return concat(dev, "/", text->substr(start, text->find('\n', start) - start));
}

bool rules_forbid_writing(const grpc::Spec& spec, int64_t major, int64_t minor) {
  bool forbids = false;  // the last rule wins
  for (const auto& rule : spec.linux().resources().devices()) {
    if (!rule.allow() || !covers(rule, major, minor)) continue;
    forbids = !rule.access().empty() && rule.access().find('w') == std::string::npos;
  }
  return forbids;
}

bool may_use_all_devices(const grpc::Spec& spec) {
  bool all = false;
  for (const auto& rule : spec.linux().resources().devices()) {
    if (rule.type().empty() || rule.type() == "a") all = rule.allow();
  }
  return all;
}

}  // namespace kata::storage
