#include <cerrno>

#include "lib/netlink/namespace.h"
#include "lib/netlink/traffic.h"
#include "runtime/journal/text.h"

namespace kata::journal {

namespace {
constexpr char kOurNames[] = "_kata";
}

Result<> undo_network(const Entry& entry) {
  auto found = netlink::Namespace::open(entry.path);
  if (!found) {
    // Gone, with all that was in it; or the path leads to something else today.
    const auto& error = found.error();
    bool gone = error.is(Code::kNotFound) || error.is(Code::kInvalidArgument) || error.is_errno(ENOTDIR);
    return gone || error.is_errno(ENXIO) ? Result<>{} : Result<>{error};
  }
  if (found->inode() != entry.inode || found->inode() == TRY(netlink::Namespace::current()).inode()) return {};
  auto socket = TRY(found->socket());
  TRY(netlink::remove_traffic(socket, entry.link_index));
  return netlink::remove_macvtaps(socket, entry.link_index, kOurNames);
}

}  // namespace kata::journal
