#include <linux/falloc.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include <cstdlib>

#include "operations.h"

namespace operations {

namespace {

constexpr size_t kPage = 4096;

long size_of(const char* name) {
  struct stat s {};
  return ::stat(name, &s) != 0 ? -1 : static_cast<long>(s.st_size);
}

std::string with_map(int protection, int flags, std::string (*use)(char* area, int fd)) {
  Fd fd(make("m"));
  if (::ftruncate(fd, 2 * kPage) != 0) return ::strerrorname_np(errno);
  auto* area = ::mmap(nullptr, 2 * kPage, protection, flags, fd, 0);
  if (area == MAP_FAILED) return ::strerrorname_np(errno);
  auto answer = use(static_cast<char*>(area), fd);
  ::munmap(area, 2 * kPage);
  return answer;
}

std::string fallocate_with(int mode) {
  Fd fd(make("a"));
  std::string text(4 * kPage, 'x');
  if (::write(fd, text.data(), text.size()) < 0) return ::strerrorname_np(errno);
  return outcome(::fallocate(fd, mode, kPage, kPage));
}

constexpr Operation kOperations[] = {
    Operation{"write-and-read",
              []() -> std::string {
                write_text("a", "text");
                return text_of("a");
              }},
    Operation{"append",
              []() -> std::string {
                write_text("a", "1");
                Fd fd(::open("a", O_WRONLY | O_APPEND));
                ::lseek(fd, 0, SEEK_SET);
                ::write(fd, "2", 1);
                return text_of("a");
              }},
    Operation{"append-by-two-descriptors",
              []() -> std::string {
                Fd one(::open("a", O_WRONLY | O_APPEND | O_CREAT, 0644));
                Fd two(::open("a", O_WRONLY | O_APPEND));
                for (int i = 0; i < 3; ++i) {
                  ::write(one, "1", 1);
                  ::write(two, "2", 1);
                }
                return text_of("a");
              }},
    Operation{"pwrite-on-append",
              []() -> std::string {
                write_text("a", "12");
                Fd fd(::open("a", O_WRONLY | O_APPEND));
                ::pwrite(fd, "3", 1, 0);
                return text_of("a");
              }},
    Operation{"truncate-grows-with-zeros",
              []() -> std::string {
                write_text("a", "1");
                ::truncate("a", 3);
                return text_of("a") == std::string("1\0\0", 3) ? "ok" : "another";
              }},
    Operation{"truncate-open-for-reading",
              []() -> std::string {
                write_text("a", "1");
                Fd fd(::open("a", O_RDONLY));
                return outcome(::ftruncate(fd, 0));
              }},
    Operation{"open-truncates",
              []() -> std::string {
                write_text("a", "123");
                Fd fd(::open("a", O_WRONLY | O_TRUNC));
                return number(size_of("a"));
              }},
    Operation{"size-after-write",
              []() -> std::string {
                Fd fd(make("a"));
                ::write(fd, "12345", 5);
                return number(size_of("a"));
              }},
    Operation{"hole-is-zeros",
              []() -> std::string {
                Fd fd(make("a"));
                ::pwrite(fd, "x", 1, 1 << 20);
                char c = 1;
                ::pread(fd, &c, 1, 5000);
                return number(c);
              }},
    Operation{"hole-takes-no-space",
              []() -> std::string {
                Fd fd(make("a"));
                ::pwrite(fd, "x", 1, 64 << 20);
                ::fsync(fd);
                struct stat s {};
                ::fstat(fd, &s);
                return std::string(s.st_blocks < 1024 ? "ok" : "full");
              }},
    Operation{"seek-hole",
              []() -> std::string {
                Fd fd(make("a"));
                ::pwrite(fd, "x", 1, 1 << 20);
                ::fsync(fd);
                return number(::lseek(fd, 0, SEEK_HOLE));
              }},
    Operation{"seek-data",
              []() -> std::string {
                Fd fd(make("a"));
                ::pwrite(fd, "x", 1, 1 << 20);
                ::fsync(fd);
                return number(::lseek(fd, 0, SEEK_DATA));
              }},
    Operation{"seek-past-end",
              []() -> std::string {
                write_text("a", "1");
                Fd fd(::open("a", O_RDONLY));
                return outcome(::lseek(fd, 5, SEEK_DATA));
              }},
    Operation{"file-of-5-gib",
              []() -> std::string {
                Fd fd(make("a"));
                ::pwrite(fd, "x", 1, 5L << 30);
                auto size = size_of("a");
                ::ftruncate(fd, 0);
                return number(size);
              }},
    Operation{"allocate", []() -> std::string { return fallocate_with(0); }},
    Operation{"allocate-keep-size", []() -> std::string { return fallocate_with(FALLOC_FL_KEEP_SIZE); }},
    Operation{"punch-hole", []() -> std::string { return fallocate_with(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE); }},
    Operation{"zero-range", []() -> std::string { return fallocate_with(FALLOC_FL_ZERO_RANGE); }},
    Operation{"collapse-range", []() -> std::string { return fallocate_with(FALLOC_FL_COLLAPSE_RANGE); }},
    Operation{"insert-range", []() -> std::string { return fallocate_with(FALLOC_FL_INSERT_RANGE); }},
    Operation{"vectors",
              []() -> std::string {
                Fd fd(make("a"));
                char one[] = "12", two[] = "34";
                iovec parts[] = {{one, 2}, {two, 2}};
                ::writev(fd, parts, 2);
                return text_of("a");
              }},
    Operation{"read-without-waiting",
              []() -> std::string {
                write_text("a", "1234");
                Fd fd(::open("a", O_RDONLY));
                char buffer[8];
                iovec part{buffer, 4};
                ::pread(fd, buffer, 4, 0);  // it is in memory now
                return number(::preadv2(fd, &part, 1, 0, RWF_NOWAIT));
              }},
    Operation{"write-synchronously",
              []() -> std::string {
                Fd fd(make("a"));
                char buffer[] = "1234";
                iovec part{buffer, 4};
                return number(::pwritev2(fd, &part, 1, 0, RWF_DSYNC));
              }},
    Operation{"direct",
              []() -> std::string {
                Fd fd(::open("a", O_RDWR | O_CREAT | O_DIRECT, 0644));
                if (fd < 0) return std::string(::strerrorname_np(errno));
                void* page = nullptr;
                if (::posix_memalign(&page, kPage, kPage) != 0) return std::string("no memory");
                auto wrote = ::write(fd, page, kPage);
                ::free(page);
                return number(wrote);
              }},
    Operation{"copy-in-the-kernel",
              []() -> std::string {
                write_text("a", "text");
                Fd from(::open("a", O_RDONLY)), to(make("b"));
                return ::copy_file_range(from, nullptr, to, nullptr, 4, 0) < 0 ? ::strerrorname_np(errno)
                                                                               : text_of("b");
              }},
    Operation{"sendfile",
              []() -> std::string {
                write_text("a", "text");
                Fd from(::open("a", O_RDONLY)), to(make("b"));
                return ::sendfile(to, from, nullptr, 4) < 0 ? ::strerrorname_np(errno) : text_of("b");
              }},
    Operation{"splice",
              []() -> std::string {
                write_text("a", "text");
                Fd from(::open("a", O_RDONLY));
                int ends[2];
                ::pipe(ends);
                auto moved = ::splice(from, nullptr, ends[1], nullptr, 4, 0);
                ::close(ends[0]);
                ::close(ends[1]);
                return number(moved);
              }},
    Operation{"clone-a-file",
              []() -> std::string {
                write_text("a", "text");
                Fd from(::open("a", O_RDONLY)), to(make("b"));
                return outcome(::ioctl(to, FICLONE, from.get()));
              }},
    Operation{"extents",
              []() -> std::string {
                write_text("a", "text");
                Fd fd(::open("a", O_RDONLY));
                ::fsync(fd);
                fiemap map{};
                map.fm_length = ~0ULL;
                return outcome(::ioctl(fd, FS_IOC_FIEMAP, &map));
              }},
    Operation{"map-shared",
              []() -> std::string {
                return with_map(PROT_READ | PROT_WRITE, MAP_SHARED, [](char* area, int fd) -> std::string {
                  area[kPage] = 'x';
                  ::msync(area, 2 * kPage, MS_SYNC);
                  char c = 0;
                  ::pread(fd, &c, 1, kPage);
                  return std::string(1, c);
                });
              }},
    Operation{"map-sees-writes",
              []() -> std::string {
                return with_map(PROT_READ, MAP_SHARED, [](char* area, int fd) -> std::string {
                  volatile char before = area[0];
                  (void)before;
                  ::pwrite(fd, "y", 1, 0);
                  return std::string(1, area[0]);
                });
              }},
    Operation{"map-private",
              []() -> std::string {
                return with_map(PROT_READ | PROT_WRITE, MAP_PRIVATE, [](char* area, int fd) -> std::string {
                  area[0] = 'x';
                  char c = 'n';
                  ::pread(fd, &c, 1, 0);
                  return number(c);
                });
              }},
    Operation{"map-by-two-processes",
              []() -> std::string {
                return with_map(PROT_READ | PROT_WRITE, MAP_SHARED, [](char* area, int /*fd*/) -> std::string {
                  auto child = ::fork();
                  if (child == 0) {
                    area[1] = 'z';
                    ::_exit(0);
                  }
                  ::waitpid(child, nullptr, 0);
                  return std::string(1, area[1]);
                });
              }},
    Operation{"map-opened-twice",
              []() -> std::string {
                return with_map(PROT_READ, MAP_SHARED, [](char* area, int /*fd*/) -> std::string {
                  Fd other(::open("m", O_RDWR));
                  auto* second = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0);
                  if (second == MAP_FAILED) return std::string(::strerrorname_np(errno));
                  *static_cast<char*>(second) = 'w';
                  auto answer = std::string(1, area[0]);
                  ::munmap(second, kPage);
                  return answer;
                });
              }},
    Operation{"map-executable",
              []() -> std::string {
                return with_map(PROT_READ | PROT_EXEC, MAP_PRIVATE,
                                [](char* /*area*/, int /*fd*/) -> std::string { return std::string("ok"); });
              }},
    Operation{"removed-read-and-write",
              []() -> std::string {
                Fd fd(make("a"));
                ::unlink("a");
                ::write(fd, "text", 4);
                char buffer[8] = {};
                return ::pread(fd, buffer, 4, 0) < 0 ? ::strerrorname_np(errno) : std::string(buffer);
              }},
    Operation{"removed-truncate",
              []() -> std::string {
                Fd fd(make("a"));
                ::unlink("a");
                return outcome(::ftruncate(fd, 7));
              }},
    Operation{"removed-stat",
              []() -> std::string {
                Fd fd(make("a"));
                ::unlink("a");
                struct stat s {};
                return ::fstat(fd, &s) < 0 ? ::strerrorname_np(errno) : std::to_string(s.st_nlink);
              }},
    Operation{"removed-chmod",
              []() -> std::string {
                Fd fd(make("a"));
                ::unlink("a");
                return outcome(::fchmod(fd, 0600));
              }},
    Operation{"removed-open-again",
              []() -> std::string {
                Fd fd(make("a"));
                ::unlink("a");
                auto path = "/proc/self/fd/" + std::to_string(fd.get());
                return outcome(Fd(::open(path.c_str(), O_RDWR)));
              }},
    Operation{"sync-file", []() -> std::string { return outcome(::fsync(Fd(make("a")))); }},
    Operation{"sync-data", []() -> std::string { return outcome(::fdatasync(Fd(make("a")))); }},
    Operation{"sync-directory", []() -> std::string { return outcome(::fsync(Fd(::open(".", O_RDONLY)))); }},
    Operation{"sync-range",
              []() -> std::string { return outcome(::sync_file_range(Fd(make("a")), 0, 0, SYNC_FILE_RANGE_WRITE)); }},
    Operation{"sync-file-system", []() -> std::string { return outcome(::syncfs(Fd(::open(".", O_RDONLY)))); }},
    Operation{"advise",
              []() -> std::string { return number(::posix_fadvise(Fd(make("a")), 0, 0, POSIX_FADV_DONTNEED)); }},
    Operation{"read-ahead", []() -> std::string { return outcome(::readahead(Fd(make("a")), 0, 4096)); }},
};

}  // namespace

std::span<const Operation> content() { return kOperations; }

}  // namespace operations
