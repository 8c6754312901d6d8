#include "runtime/storage/guest_modules.h"

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace kata::storage {

Result<> share_modules(SharedDirectory& shared, const std::string& kernel) {
  auto file = TRY(sys::real_path(kernel));
  auto directory = concat(file.substr(0, file.rfind('/')), "/modules");
  if (!sys::exists(directory)) return {};
  auto tree = TRY(sys::clone_tree(directory, false));
  TRY(sys::set_read_only(tree.get(), true, false));
  TRY(shared.add(tree.get(), kModulesPlace));
  return {};
}

}  // namespace kata::storage
