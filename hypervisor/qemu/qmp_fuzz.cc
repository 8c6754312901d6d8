#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hypervisor/qemu/qmp.h"
#include "hypervisor/qemu/qmp_message.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"

namespace {

using kata::hypervisor::Qmp;

// The bytes as one line, and as a whole connection on which somebody waits for a device's events.
void receive_all(std::string_view bytes) {
  auto pair = kata::sys::socket_pair(SOCK_STREAM);
  if (!pair) return;
  Qmp client(std::move(pair->first));
  Qmp::Events events(client, "d");
  constexpr size_t kPiece = 4096;  // a socket's buffer takes more
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kPiece, bytes.size()))) {
    if (!kata::sys::write_all(pair->second.get(), bytes.substr(0, kPiece))) return;
    if (!client.receive()) break;
  }
  for (size_t seen = 0; auto event = events.next(std::chrono::milliseconds(0)); ++seen) {
    if (!*event) break;
    if ((*event)->device != "d" || seen >= Qmp::Events::kMaxEvents) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kata::log::set_level(kata::log::Level::kError);
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  kata::ignore(kata::hypervisor::parse_qmp(bytes));
  receive_all(bytes);
  return 0;
}
