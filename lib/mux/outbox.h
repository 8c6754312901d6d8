// Frames on their way out to the carrier.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "lib/base/result.h"
#include "lib/mux/frame.h"

namespace kata::mux {

// Not thread-safe.
class Outbox {
 public:
  void push(const Header& header, std::string_view payload = {});

  // Makes a data frame of at most `limit` bytes that `socket` has, read straight to where they are
  // sent from. 0 at the end of file; EAGAIN as an error.
  Result<size_t> push_from(int socket, uint32_t stream, size_t limit);

  // Writes what `carrier` takes now. `is_socket` spares the process a SIGPIPE.
  Result<> flush(int carrier, bool is_socket);

  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

 private:
  char* reserve(size_t length);  // room for `length` bytes at end_

  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace kata::mux
