#include "lib/mux/outbox.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace kata::mux {

namespace {
constexpr size_t kSmallest = 16 << 10;
}  // namespace

char* Outbox::reserve(size_t length) {
  if (capacity_ - end_ >= length) return buffer_.get() + end_;
  if (capacity_ - size() < length) {
    auto capacity = std::max({kSmallest, capacity_ * 2, size() + length});
    auto bigger = std::make_unique_for_overwrite<char[]>(capacity);
    if (!empty()) std::memcpy(bigger.get(), buffer_.get() + begin_, size());
    buffer_ = std::move(bigger);
    capacity_ = capacity;
  } else {
    std::memmove(buffer_.get(), buffer_.get() + begin_, size());
  }
  end_ -= begin_;
  begin_ = 0;
  return buffer_.get() + end_;
}

void Outbox::push(const Header& header, std::string_view payload) {
  auto bytes = encode_header(header);
  char* at = reserve(bytes.size() + payload.size());
  std::memcpy(at, bytes.data(), bytes.size());
  if (!payload.empty()) std::memcpy(at + bytes.size(), payload.data(), payload.size());
  end_ += bytes.size() + payload.size();
}

Result<size_t> Outbox::push_from(int socket, uint32_t stream, size_t limit) {
  char* at = reserve(kHeaderSize + limit);
  ssize_t got = 0;
  do {
    got = ::recv(socket, at + kHeaderSize, limit, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Error::sys(errno, "recv from stream");
  if (got == 0) return 0;
  auto bytes = encode_header({Type::kData, 0, stream, static_cast<uint32_t>(got)});
  std::memcpy(at, bytes.data(), bytes.size());
  end_ += kHeaderSize + static_cast<size_t>(got);
  return static_cast<size_t>(got);
}

Result<> Outbox::flush(int carrier, bool is_socket) {
  while (!empty()) {
    const char* at = buffer_.get() + begin_;
    auto put = is_socket ? ::send(carrier, at, size(), MSG_NOSIGNAL | MSG_DONTWAIT) : ::write(carrier, at, size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return {};
    if (put < 0) return Error::sys(errno, "write to carrier");
    begin_ += static_cast<size_t>(put);
  }
  begin_ = end_ = 0;
  return {};
}

}  // namespace kata::mux
