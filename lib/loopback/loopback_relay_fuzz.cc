// A whole relay fed by a hostile other side: the first byte picks the side, the rest comes from the connection. In a
// network namespace without an address, so that nothing of the machine is listened at or connected to.
#include <sched.h>
#include <sys/socket.h>

#include "lib/loopback/listening.h"
#include "lib/loopback/relay.h"
#include "lib/sys/fd.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kata;
  if (size < 1 || size > 64 << 10) return 0;  // what a socket's buffer takes without a reader
  static const bool kApart = ::unshare(CLONE_NEWNET) == 0;
  loopback::Relay::Settings settings;
  settings.side = (data[0] & 1) != 0 ? loopback::Side::kHost : loopback::Side::kGuest;
  settings.limits.endpoints = kApart ? 4 : 0;
  std::string table(reinterpret_cast<const char*>(data), size);
  settings.look = [&]() -> Result<std::vector<loopback::Endpoint>> {
    return loopback::reachable(loopback::parse_table(table, loopback::Transport::kTcp, (data[0] & 4) != 0));
  };
  auto relay = loopback::Relay::create(std::move(settings));
  auto pair = sys::socket_pair(SOCK_STREAM);
  if (!relay.ok() || !pair.ok()) return 0;
  ignore(sys::write_all(pair->first.get(), data + 1, size - 1));
  ::shutdown(pair->first.get(), SHUT_WR);
  ignore((*relay)->run(std::move(pair->second)));
  return 0;
}
