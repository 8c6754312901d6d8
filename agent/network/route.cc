#include <linux/rtnetlink.h>
#include <net/if.h>

#include "agent/network/convert.h"
#include "agent/network/network.h"

namespace kata::agent::network {

namespace {

using netlink::Socket;

Result<LinkIndexes> link_indexes(Socket& socket) {
  LinkIndexes indexes;
  for (const auto& link : TRY(netlink::list_links(socket))) indexes.emplace(link.name, link.index);
  return indexes;
}

Result<LinkNames> link_names(Socket& socket) {
  LinkNames names;
  for (const auto& [name, index] : TRY(link_indexes(socket))) names.emplace(index, name);
  return names;
}

Result<> remove_configured(Socket& socket) {
  for (const auto& route : TRY(netlink::list_routes(socket))) {
    if (route.protocol != RTPROT_KERNEL) TRY(netlink::remove_route(socket, route));
  }
  return {};
}

Result<grpc::Routes> list(Socket& socket) {
  auto names = TRY(link_names(socket));
  grpc::Routes all;
  for (const auto& route : TRY(netlink::list_routes(socket))) *all.add_routes() = to_message(route, names);
  return all;
}

}  // namespace

Result<grpc::Routes> update_routes(const grpc::Routes& wanted) {
  auto socket = TRY(Socket::open());
  auto indexes = TRY(link_indexes(socket));
  std::vector<netlink::Route> direct;
  std::vector<netlink::Route> by_gateway;
  for (const auto& message : wanted.routes()) {
    auto route = TRY(to_route(message, indexes));
    (route.gateway.bytes.empty() ? direct : by_gateway).push_back(std::move(route));
  }
  TRY(remove_configured(socket));
  // A gateway must be reachable when its route is added.
  for (const auto& route : direct) TRY(netlink::add_route(socket, route));
  for (const auto& route : by_gateway) TRY(netlink::add_route(socket, route));
  return list(socket);
}

Result<grpc::Routes> list_routes() {
  auto socket = TRY(Socket::open());
  return list(socket);
}

Result<> add_neighbours(const grpc::ARPNeighbors& neighbours) {
  auto socket = TRY(Socket::open());
  auto indexes = TRY(link_indexes(socket));
  for (const auto& message : neighbours.arpneighbors()) {
    TRY(netlink::add_neighbour(socket, TRY(to_neighbour(message, indexes))));
  }
  return {};
}

}  // namespace kata::agent::network
