#include "agent/storage/shared_volumes.h"

#include <fcntl.h>
#include <sys/mount.h>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace kata::agent {

namespace {
constexpr std::string_view kSubmount = "io.katacontainers.fs-opt.submount=";
}  // namespace

bool is_shared(const std::string& path) { return path.starts_with(concat(kHostShares, "/")); }

bool is_shared_volume(const grpc::Storage& storage) {
  return storage.fstype() == "bind" && is_shared(storage.source());
}

void open_submounts(const grpc::Storage& storage) {
  for (std::string_view option : storage.driver_options()) {
    if (!option.starts_with(kSubmount)) continue;
    auto place = concat(storage.mount_point(), "/", option.substr(kSubmount.size()));
    // To open a directory as one is to walk into it.
    auto opened = sys::open_without_links(place, O_PATH | O_DIRECTORY);
    if (!opened && !opened.error().is_errno(ENOTDIR)) {
      log::info("storage", "a file system below a volume is not there", {{"error", opened.error().text()}});
    }
  }
}

void enter_share(const std::string& source) {
  auto opened = sys::open_without_links(source, O_PATH | O_DIRECTORY);
  if (!opened) log::info("storage", "cannot walk into a share", {{"error", opened.error().text()}});
}

Result<> leave_share(const std::string& source) { return sys::unmount(source, MNT_DETACH | UMOUNT_NOFOLLOW); }

void forget_shared_names() {
  auto forgotten = sys::forget_unused_names(kHostShares);
  if (!forgotten && !forgotten.error().is_errno(ENOENT)) {
    log::info("storage", "names of the shared directory stay known", {{"error", forgotten.error().text()}});
  }
}

}  // namespace kata::agent
