#include "agent/rpc/byte_streams.h"

#include <endian.h>

#include <algorithm>
#include <cerrno>

#include "lib/sys/fd.h"
#include "lib/sys/random.h"

namespace kata::agent {

namespace {
// How many streams may be announced and not connected yet. Older ones belong to hosts that changed their mind.
constexpr size_t kMostAnnounced = 256;
}  // namespace

Result<uint64_t> ByteStreams::announce(Carry carry) {
  auto key = TRY_WRAP(sys::random_number<uint64_t>(), "making a key for a stream");
  MutexLock lock(mutex_);
  if (announced_.size() >= kMostAnnounced) announced_.pop_front();
  announced_.push_back({key, std::move(carry)});
  return key;
}

ByteStreams::Carry ByteStreams::claim(uint64_t key) {
  MutexLock lock(mutex_);
  auto found = std::find_if(announced_.begin(), announced_.end(), [&](const auto& one) { return one.key == key; });
  if (found == announced_.end()) return {};
  auto carry = std::move(found->carry);
  announced_.erase(found);
  return carry;
}

Result<> ByteStreams::serve(UniqueFd connection) {
  uint64_t key = 0;
  TRY(sys::read_exactly(connection.get(), &key, sizeof key));
  auto carry = claim(be64toh(key));
  if (!carry) return Error::make(Code::kNotFound, "a connection for a stream that was not announced");
  TRY(sys::write_all(connection.get(), &key, sizeof key));
  carry(connection.get());
  return {};
}

}  // namespace kata::agent
