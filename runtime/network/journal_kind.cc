#include "runtime/network/journal_kind.h"

#include <cerrno>
#include <optional>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/netlink/namespace.h"
#include "runtime/journal/payload.h"
#include "runtime/network/attach.h"

namespace kata::network {

namespace {

constexpr std::string_view kOpened = "opened ";

struct Connection {
  uint64_t inode = 0;
  int link_index = 0;
  bool opened = false;
  std::string path;
};

std::optional<Connection> parse(std::string_view payload) {
  auto inode = journal::parse_number<uint64_t>(take(payload, ' '));
  auto index = journal::parse_number<int>(take(payload, ' '));
  bool opened = payload.starts_with(kOpened);
  if (opened) payload.remove_prefix(kOpened.size());
  auto path = journal::decode(payload);
  if (!inode || !index || *index <= 0 || !path || !journal::is_plain_path(*path)) return {};
  return Connection{*inode, *index, opened, std::move(*path)};
}

bool is_valid(std::string_view payload, const journal::Roots& /*roots*/) { return parse(payload).has_value(); }

Result<> undo(std::string_view payload) {
  auto connection = parse(payload);
  if (!connection) return {};
  auto found = netlink::Namespace::open(connection->path);
  if (!found) {
    // Gone, with all that was in it; or the path leads to something else today.
    const auto& error = found.error();
    bool gone = error.is(Code::kNotFound) || error.is(Code::kInvalidArgument) || error.is_errno(ENOTDIR);
    return gone || error.is_errno(ENXIO) ? Result<>{} : Result<>{error};
  }
  if (found->inode() != connection->inode) return {};
  if (found->inode() == TRY(netlink::Namespace::current()).inode()) return {};
  auto socket = TRY(found->socket());
  return detach(socket, connection->link_index, connection->opened);
}

}  // namespace

constexpr journal::Kind kConnection{.name = "network", .is_valid = is_valid, .undo = undo};

Result<uint64_t> record_connection(journal::Journal& journal, const std::string& path, uint64_t inode, int link_index,
                                   bool opened) {
  return journal.add(kConnection, concat(inode, " ", link_index, " ", opened ? kOpened : "", journal::encode(path)));
}

}  // namespace kata::network
