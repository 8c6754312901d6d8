// What a runtime sends as a network entry: whatever the bytes are, they become a request to the kernel or nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "lib/netlink/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using kata::netlink::EntryKind;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (auto kind : {EntryKind::kAddress, EntryKind::kRoute, EntryKind::kRule, EntryKind::kNeighbour}) {
    auto entry = kata::netlink::normalize(kind, bytes);
    if (!entry) continue;
    auto again = kata::netlink::normalize(kind, *entry);
    if (!again || *again != *entry) std::abort();  // what is normal stays as it is
    (void)kata::netlink::describe(kind, *entry);
    (void)kata::netlink::without_lifetimes(kind, *entry);
    (void)kata::netlink::translate_links(kind, *entry, {{0, 1}, {1, 2}, {2, 3}});
    (void)kata::netlink::first_hop(*entry);
  }
  return 0;
}
