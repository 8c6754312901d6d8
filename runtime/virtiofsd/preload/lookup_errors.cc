// Preloaded into virtio-fs' daemon (LD_PRELOAD): what it answers when it cannot look a name up.
//
// The guest's kernel takes any error of a lookup for "this name is not there any more", and takes away whatever its
// containers have mounted there, but for ENOMEM and EINTR, which it hands to who asked. So a daemon without a free
// descriptor would empty /dev and /proc, and let writes to a volume land in the directory below it. An error that says
// nothing about the name itself becomes ENOMEM here.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

namespace {

bool is_about_the_name(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EACCES:
    case EPERM:
    case ESTALE:
    case EINTR:
    case ENOSYS:  // asks for another call
    case EINVAL:
    case EBADF:
      return true;
    default:
      return false;
  }
}

long looked_up(long result) {
  if (result < 0 && !is_about_the_name(errno)) errno = ENOMEM;
  return result;
}

int open_file(int directory, const char* path, int flags, mode_t mode) {
  auto fd = ::syscall(SYS_openat, directory, path, flags | O_LARGEFILE, mode);
  // Only a lookup opens a file for nothing else.
  return static_cast<int>((flags & O_PATH) != 0 ? looked_up(fd) : fd);
}

mode_t mode_in(int flags, va_list arguments) {
  bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return makes ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int openat64(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  auto mode = mode_in(flags, arguments);
  va_end(arguments);
  return open_file(directory, path, flags, mode);
}

__attribute__((visibility("default"))) int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  auto mode = mode_in(flags, arguments);
  va_end(arguments);
  return open_file(directory, path, flags, mode);
}

// What the C library's headers make of openat64() in a program that is built with _FORTIFY_SOURCE.
__attribute__((visibility("default"))) int __openat64_2(int directory, const char* path, int flags) {  // NOLINT
  return open_file(directory, path, flags, 0);
}

__attribute__((visibility("default"))) int statx(int directory, const char* path, int flags, unsigned mask,
                                                 struct statx* buffer) noexcept {
  auto result = ::syscall(SYS_statx, directory, path, flags, mask, buffer);
  return static_cast<int>((flags & AT_EMPTY_PATH) != 0 ? looked_up(result) : result);
}

}  // extern "C"
