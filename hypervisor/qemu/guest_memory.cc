#include "hypervisor/qemu/guest_memory.h"

#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::hypervisor {

namespace {

constexpr uint64_t kBytesPerMib = 1U << 20U;

Result<> copy_piece(int from, int to, off_t begin, off_t end) {
  if (::lseek(to, begin, SEEK_SET) < 0) return Error::sys(errno, "seek");
  while (begin < end) {
    auto moved = ::sendfile(to, from, &begin, static_cast<size_t>(end - begin));
    if (moved < 0 && errno == EINTR) continue;
    if (moved < 0) return Error::sys(errno, "copy the guest's memory");
    if (moved == 0) return Error::make(Code::kDataLoss, "the guest's memory got shorter while it was copied");
  }
  return {};
}

Result<> copy_data(int from, int to) {
  off_t end = 0;
  for (;;) {
    auto begin = ::lseek(from, end, SEEK_DATA);
    if (begin < 0 && errno == ENXIO) return {};  // only a hole is left
    if (begin < 0) return Error::sys(errno, "find the guest's memory");
    end = ::lseek(from, begin, SEEK_HOLE);
    if (end < 0) return Error::sys(errno, "find the guest's memory");
    TRY(copy_piece(from, to, begin, end));
  }
}

}  // namespace

Result<UniqueFd> make_guest_memory(uint64_t mib) {
  auto out = TRY(sys::memory_file("guest-memory"));
  if (::ftruncate(out.get(), static_cast<off_t>(mib * kBytesPerMib)) != 0)
    return Error::sys(errno, "make the guest's memory");
  return out;
}

Result<> store_guest_memory(int memory, const std::string& path) {
  auto file = TRY(sys::open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  if (::ftruncate(file.get(), TRY(sys::stat(memory, "the guest's memory")).st_size) != 0)
    return Error::sys(errno, "ftruncate", path);
  return copy_data(memory, file.get()).wrap(path);
}

Result<> load_guest_memory(int memory, const std::string& path) {
  auto file = TRY(sys::open(path, O_RDONLY));
  auto size = TRY(sys::stat(file.get(), path)).st_size;
  auto room = TRY(sys::stat(memory, "the guest's memory")).st_size;
  if (size != room) {
    return Error::make(Code::kDataLoss, concat(path, " has ", size, " bytes of guest memory instead of ", room));
  }
  return copy_data(file.get(), memory).wrap(path);
}

}  // namespace kata::hypervisor
