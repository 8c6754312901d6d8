// Whatever comes from the other side: frames, and the messages in them.
#include <sys/socket.h>

#include "lib/sys/fd.h"
#include "lib/ttrpc/envelope.h"
#include "lib/ttrpc/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kata;
  if (size > 64 << 10) return 0;  // what a socket's buffer takes without a reader
  auto pair = sys::socket_pair(SOCK_STREAM);
  if (!pair.ok()) return 0;
  ignore(sys::write_all(pair->first.get(), data, size));
  pair->first.reset();
  ttrpc::Wire wire(std::move(pair->second));
  while (true) {
    auto frame = wire.read();
    if (!frame.ok()) break;
    ignore(ttrpc::parse_request(frame->payload));
    ignore(ttrpc::parse_response(frame->payload));
  }
  return 0;
}
