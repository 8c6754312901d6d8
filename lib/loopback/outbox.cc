#include "lib/loopback/outbox.h"

#include <algorithm>
#include <cerrno>

#include "lib/sys/fd.h"
#include "lib/sys/inet.h"

namespace kata::loopback {

namespace {
constexpr size_t kKept = 64U << 10U;  // of memory, when nothing is to be sent
}  // namespace

Result<size_t> Outbox::push_from(int socket, uint32_t stream, size_t limit) {
  auto header = bytes_.size();
  append_header(bytes_, Type::kData, stream, 0);
  auto start = bytes_.size();
  bytes_.resize(start + std::min(limit, kMaxPayload));
  auto got = sys::read_some(socket, bytes_.data() + start, bytes_.size() - start);
  auto length = got ? *got : 0;
  bytes_.resize(length == 0 ? header : start + length);
  if (length > 0) {
    bytes_[header + 2] = static_cast<char>(length >> 8U);
    bytes_[header + 3] = static_cast<char>(length & 0xffU);
  }
  return got;
}

Result<> Outbox::flush(int connection) {
  while (!empty()) {
    auto sent = sys::send_some(connection, std::string_view(bytes_).substr(sent_));
    if (!sent && sent.error().is_errno(EAGAIN)) break;
    sent_ += TRY(std::move(sent));
  }
  if (empty() || sent_ > kRoom) {
    bytes_.erase(0, sent_);
    sent_ = 0;
  }
  if (bytes_.empty() && bytes_.capacity() > kKept) bytes_.shrink_to_fit();
  return {};
}

}  // namespace kata::loopback
