#include "runtime/storage/host_source.h"

#include <fcntl.h>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace kata::storage {

Result<HostSource> look_at_source(const std::string& path, bool recursive) {
  auto file = TRY(sys::open(path, O_PATH));
  auto same = concat("/proc/thread-self/fd/", file.get());
  HostSource out;
  out.info = TRY(sys::stat(same));
  out.parts = mounted_parts(TRY(sys::read_mountinfo()), TRY(sys::mount_id_of(file.get())), TRY(sys::read_link(same)));
  if (!recursive && out.parts.size() > 1) out.parts.resize(1);
  out.tree = TRY(sys::clone_tree(same, recursive));
  return out;
}

}  // namespace kata::storage
