// A whole mux fed by a hostile other side: first byte picks the role, the rest comes from the carrier.
#include <sys/socket.h>

#include "lib/mux/mux.h"
#include "lib/sys/fd.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kata;
  if (size < 1 || size > 64 << 10) return 0;  // what a socket's buffer takes without a reader
  auto pair = sys::socket_pair(SOCK_STREAM);
  if (!pair.ok()) return 0;
  ignore(sys::write_all(pair->first.get(), data + 1, size - 1));
  ::shutdown(pair->first.get(), SHUT_WR);
  auto role = (data[0] & 1) != 0 ? mux::Role::kClient : mux::Role::kServer;
  auto mux = mux::Mux::create(std::move(pair->second), role, [](uint32_t port) { return port < 8; });
  if (!mux.ok()) return 0;
  while (true) {
    auto incoming = (*mux)->accept();
    if (!incoming.ok()) break;
    ignore(sys::read_to_end(incoming->stream.get(), 1 << 20));
  }
  return 0;
}
