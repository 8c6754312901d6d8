// resolv.conf comes from an engine, or from whoever may write to the file that it mounts.
#include <cstdint>

#include "lib/loopback/endpoint.h"
#include "runtime/network/resolv_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kata;
  for (const auto& each : network::name_servers({reinterpret_cast<const char*>(data), size})) {
    auto parsed = loopback::Endpoint::parse(loopback::Transport::kUdp, each, 53);
    if (parsed.ok()) (void)parsed->text();
  }
  return 0;
}
