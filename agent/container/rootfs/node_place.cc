#include "agent/container/rootfs/node_place.h"

#include <sys/stat.h>
#include <unistd.h>

#include "agent/container/rootfs/mounts.h"
#include "lib/sys/at.h"

namespace kata::agent {

Result<UniqueFd> place_for_node(const sys::RootPath& root, const std::string& path) {
  auto directory = TRY(root.ensure_parent(path));
  auto name = sys::last_of(path);
  auto found = sys::lstat_at(directory.get(), name);
  if (found && S_ISLNK(found->st_mode)) ::unlinkat(directory.get(), name.c_str(), 0);  // one that stays fails below
  auto place = TRY(root.ensure(path, sys::PathKind::kFile));
  TRY(check_proc_destination(TRY(root.location(place.get()))));
  return place;
}

}  // namespace kata::agent
