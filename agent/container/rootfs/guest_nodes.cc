#include "agent/container/rootfs/guest_nodes.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#undef major  // fields of the messages
#undef minor

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

bool is_node(const std::string& path, mode_t mode, dev_t number) {
  auto info = sys::stat(path);
  return info && (info->st_mode & S_IFMT) == (mode & S_IFMT) && info->st_rdev == number;
}

}  // namespace

Result<std::string> find_guest_node(const std::string& path, mode_t mode, dev_t number) {
  if (is_node(path, mode, number)) return path;
  const auto* kind = S_ISBLK(mode) ? "block" : "char";
  auto device = concat(gnu_dev_major(number), ":", gnu_dev_minor(number));
  auto text = sys::read_file(concat("/sys/dev/", kind, "/", device, "/uevent")).value_or(std::string());
  constexpr std::string_view kKey = "DEVNAME=";
  if (auto at = text.find(kKey); at != std::string::npos) {
    at += kKey.size();
    auto node = concat("/dev/", text.substr(at, text.find('\n', at) - at));
    if (is_node(node, mode, number)) return node;
  }
  return Error::make(Code::kNotFound, concat("the guest has no ", kind, " device ", device, " for ", path));
}

bool is_missing_device(const grpc::Mount& mount) {
  const auto& options = mount.options();
  bool bind = mount.type() == "bind" || std::count(options.begin(), options.end(), "bind") > 0 ||
              std::count(options.begin(), options.end(), "rbind") > 0;
  return bind && mount.source().starts_with("/dev/") && !sys::exists(mount.source());
}

}  // namespace kata::agent
