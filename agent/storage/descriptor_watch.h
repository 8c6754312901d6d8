// Keeps what the guest remembers of the host's files below what the server of the shared directory can hold.
//
// virtio-fs' daemon has a descriptor for every file that the guest's kernel knows by name, and only the guest can make
// it fewer. A kernel with much memory forgets nothing by itself, so the daemon would run out of descriptors.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/proto/agent.pb.h"
#include "lib/sys/thread.h"

namespace kata::agent {

// The files of virtio-fs that are known, and the open ones, from /proc/slabinfo and /proc/sys/fs/file-nr. Pure. A text
// of another form counts as nothing.
uint64_t known_files(std::string_view slabinfo);
uint64_t open_files(std::string_view file_nr);

// When it is time to forget, and how long it takes at least until it can be: nobody looks up more than some ten
// thousand names in a second. Pure.
bool is_time_to_forget(uint64_t used, uint64_t limit);
std::chrono::milliseconds next_look(uint64_t used, uint64_t limit);

// The limit that the driver options of a storage name; 0: none.
uint64_t descriptors_of_server(const grpc::Storage& storage);

// A thread while it exists.
class DescriptorWatch {
 public:
  static Result<DescriptorWatch> start(uint64_t limit);
  DescriptorWatch() = default;  // watches nothing
  DescriptorWatch(DescriptorWatch&&) = default;
  DescriptorWatch& operator=(DescriptorWatch&& other) noexcept;
  ~DescriptorWatch() { stop(); }

 private:
  void stop();

  UniqueFd stop_;
  sys::Thread thread_;
};

}  // namespace kata::agent
