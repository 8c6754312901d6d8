#include "lib/sys/random.h"

#include <sys/random.h>

#include <cerrno>

namespace kata::sys {

Result<> fill_with_random(void* buffer, size_t length) {
  auto* at = static_cast<char*>(buffer);
  while (length > 0) {
    auto got = ::getrandom(at, length, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::sys(errno, "get random numbers");
    at += got;
    length -= static_cast<size_t>(got);
  }
  return {};
}

}  // namespace kata::sys
