#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cstdint>

#include "operations.h"

namespace operations {

namespace {

std::string mode_of(const char* name) {
  struct stat s {};
  if (::lstat(name, &s) != 0) return ::strerrorname_np(errno);
  char text[8];
  std::snprintf(text, sizeof text, "%o", s.st_mode & 07777);
  return text;
}
std::string owner_of(const char* name) {
  struct stat s {};
  if (::lstat(name, &s) != 0) return ::strerrorname_np(errno);
  return std::to_string(s.st_uid) + ":" + std::to_string(s.st_gid);
}

// An access or default ACL in the kernel's form: version, and entries of tag, permissions, id.
struct AclEntry {
  uint16_t tag, permissions;
  uint32_t id;
};
struct Acl {
  uint32_t version = 2;
  AclEntry entries[5];
};
constexpr uint32_t kNobody = ~0U;
// user::rw-, user:<user>:<permissions>, group::r--, mask::rwx, other::<other>
Acl acl_for(uint32_t user, uint16_t permissions, uint16_t other) {
  return {2, {{1, 6, kNobody}, {2, permissions, user}, {4, 4, kNobody}, {16, 7, kNobody}, {32, other, kNobody}}};
}
int set_acl(const char* name, const Acl& acl, const char* which = "system.posix_acl_access") {
  return ::setxattr(name, which, &acl, sizeof acl, 0);
}

std::string open_with_acl(uint16_t permissions, uint16_t other, int flags) {
  write_text("a", "");
  if (set_acl("a", acl_for(77, permissions, other)) != 0) return ::strerrorname_np(errno);
  return as_user(77, [flags] { return outcome(Fd(::open("a", flags))); });
}

std::string made_with_umask(mode_t mask, mode_t mode) {
  ::umask(mask);
  Fd fd(::open("a", O_CREAT | O_WRONLY, mode));
  ::umask(022);
  return mode_of("a");
}

std::string flag(int bit) {
  write_text("a", "");
  Fd fd(::open("a", O_RDONLY));
  int flags = 0;
  if (::ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) return ::strerrorname_np(errno);
  int changed = flags | bit;
  auto answer = outcome(::ioctl(fd, FS_IOC_SETFLAGS, &changed));
  ::ioctl(fd, FS_IOC_SETFLAGS, &flags);
  return answer;
}

std::string time_kept(long nanoseconds) {
  write_text("a", "");
  timespec times[2] = {{1'000'000, nanoseconds}, {2'000'000, nanoseconds}};
  if (::utimensat(AT_FDCWD, "a", times, 0) != 0) return ::strerrorname_np(errno);
  struct stat s {};
  ::stat("a", &s);
  return std::to_string(s.st_mtim.tv_sec) + "." + std::to_string(s.st_mtim.tv_nsec);
}

constexpr Operation kOperations[] = {
    Operation{"mode-at-create", []() -> std::string { return made_with_umask(022, 0666); }},
    Operation{"mode-at-create-umask-077", []() -> std::string { return made_with_umask(077, 0777); }},
    Operation{"mode-at-create-umask-0", []() -> std::string { return made_with_umask(0, 0666); }},
    Operation{"mode-of-directory",
              []() -> std::string {
                ::umask(027);
                ::mkdir("d", 0777);
                ::umask(022);
                return mode_of("d");
              }},
    Operation{"mode-set-id-at-create", []() -> std::string { return made_with_umask(0, 06755); }},
    Operation{"chmod-set-id",
              []() -> std::string {
                write_text("a", "");
                ::chmod("a", 06755);
                return mode_of("a");
              }},
    Operation{"set-id-lost-by-writing",
              []() -> std::string {
                write_text("a", "");
                ::chown("a", 77, 77);
                ::chmod("a", 06777);
                as_user(78, []() -> std::string { return write_text("a", "x") ? "ok" : "no"; });
                return mode_of("a");
              }},
    Operation{"set-id-lost-by-chown",
              []() -> std::string {
                write_text("a", "");
                ::chmod("a", 06755);
                ::chown("a", 77, 77);
                return mode_of("a");
              }},
    Operation{"sticky-directory",
              []() -> std::string {
                ::mkdir("d", 0);
                ::chmod("d", 01777);
                write_text("d/a", "");
                return as_user(77, []() -> std::string { return outcome(::unlink("d/a")); });
              }},
    Operation{"group-of-directory",
              []() -> std::string {
                ::mkdir("d", 0755);
                ::chown("d", 0, 88);
                ::chmod("d", 02755);
                write_text("d/a", "");
                return owner_of("d/a");
              }},
    Operation{"chown",
              []() -> std::string {
                write_text("a", "");
                ::chown("a", 1234, 5678);
                return owner_of("a");
              }},
    Operation{"chown-of-link",
              []() -> std::string {
                ::symlink("none", "l");
                ::lchown("l", 1234, 5678);
                return owner_of("l");
              }},
    Operation{"chown-by-user",
              []() -> std::string {
                ::chmod(".", 0777);
                return as_user(77, []() -> std::string {
                  write_text("a", "");
                  return outcome(::chown("a", 78, 78));
                });
              }},
    Operation{"owner-of-what-a-user-makes",
              []() -> std::string {
                ::chmod(".", 0777);
                as_user(77, []() -> std::string { return write_text("a", "") ? "ok" : "no"; });
                return owner_of("a");
              }},
    Operation{"no-right-to-read",
              []() -> std::string {
                write_text("a", "");
                ::chmod("a", 0600);
                return as_user(77, []() -> std::string { return outcome(Fd(::open("a", O_RDONLY))); });
              }},
    Operation{"no-right-to-search",
              []() -> std::string {
                ::mkdir("d", 0700);
                write_text("d/a", "");
                return as_user(77, []() -> std::string { return outcome(Fd(::open("d/a", O_RDONLY))); });
              }},
    Operation{"root-reads-all",
              []() -> std::string {
                write_text("a", "x");
                ::chmod("a", 0);
                return text_of("a");
              }},
    Operation{"supplementary-group",
              []() -> std::string {
                write_text("a", "x");
                ::chown("a", 0, 99);
                ::chmod("a", 0640);
                return in_child([]() -> std::string {
                  gid_t group = 99;
                  if (::syscall(SYS_setgroups, 1, &group) != 0 || ::setgid(77) != 0 || ::setuid(77) != 0)
                    return "no such user";
                  return text_of("a");
                });
              }},
    Operation{"execute-needs-a-bit",
              []() -> std::string {
                write_text("a", "");
                ::chmod("a", 0644);
                return outcome(::access("a", X_OK));
              }},
    Operation{"times-kept", []() -> std::string { return time_kept(123'456'789); }},
    Operation{"times-now-by-user",
              []() -> std::string {
                write_text("a", "");
                ::chmod("a", 0666);
                return as_user(77, []() -> std::string { return outcome(::utimensat(AT_FDCWD, "a", nullptr, 0)); });
              }},
    Operation{"times-set-by-user",
              []() -> std::string {
                write_text("a", "");
                ::chmod("a", 0666);
                return as_user(77, []() -> std::string {
                  timespec times[2] = {{1, 0}, {1, 0}};
                  return outcome(::utimensat(AT_FDCWD, "a", times, 0));
                });
              }},
    Operation{"time-of-directory-changes",
              []() -> std::string {
                ::mkdir("d", 0755);
                timespec times[2] = {{1, 0}, {1, 0}};
                ::utimensat(AT_FDCWD, "d", times, 0);
                write_text("d/a", "");
                struct stat s {};
                ::stat("d", &s);
                return std::string(s.st_mtim.tv_sec > 1 ? "ok" : "old");
              }},
    Operation{"time-of-birth",
              []() -> std::string {
                write_text("a", "");
                struct statx s {};
                if (::statx(AT_FDCWD, "a", 0, STATX_BTIME, &s) != 0) return std::string(::strerrorname_np(errno));
                return std::string((s.stx_mask & STATX_BTIME) != 0 ? "ok" : "none");
              }},
    Operation{"xattr-user",
              []() -> std::string {
                write_text("a", "");
                ::setxattr("a", "user.key", "value", 5, 0);
                char buffer[16] = {};
                return ::getxattr("a", "user.key", buffer, sizeof buffer) < 0 ? ::strerrorname_np(errno)
                                                                              : std::string(buffer);
              }},
    Operation{"xattr-of-1000-bytes",
              []() -> std::string {
                write_text("a", "");
                return outcome(::setxattr("a", "user.key", std::string(1000, 'x').c_str(), 1000, 0));
              }},
    Operation{"xattr-list",
              []() -> std::string {
                write_text("a", "");
                ::setxattr("a", "user.key", "value", 5, 0);
                char buffer[256] = {};
                auto got = ::listxattr("a", buffer, sizeof buffer);
                return got < 0 ? ::strerrorname_np(errno)
                               : std::string(std::string(buffer, static_cast<size_t>(got)).find("user.key") !=
                                                     std::string::npos
                                                 ? "ok"
                                                 : "none");
              }},
    Operation{"xattr-remove",
              []() -> std::string {
                write_text("a", "");
                ::setxattr("a", "user.key", "value", 5, 0);
                ::removexattr("a", "user.key");
                return outcome(::getxattr("a", "user.key", nullptr, 0));
              }},
    Operation{"xattr-trusted",
              []() -> std::string {
                write_text("a", "");
                return as_user(77, []() -> std::string { return outcome(::setxattr("a", "trusted.key", "x", 1, 0)); });
              }},
    Operation{"xattr-capability",
              []() -> std::string {
                write_text("a", "");
                // Version 2: CAP_NET_RAW, permitted and effective.
                uint32_t value[5] = {0x02000001, 1U << 13U, 0, 0, 0};
                if (::setxattr("a", "security.capability", value, sizeof value, 0) != 0)
                  return std::string(::strerrorname_np(errno));
                return number(::getxattr("a", "security.capability", value, sizeof value));
              }},
    Operation{"capability-lost-by-writing",
              []() -> std::string {
                write_text("a", "");
                uint32_t value[5] = {0x02000001, 1U << 13U, 0, 0, 0};
                if (::setxattr("a", "security.capability", value, sizeof value, 0) != 0)
                  return std::string(::strerrorname_np(errno));
                write_text("a", "x");
                return outcome(::getxattr("a", "security.capability", value, sizeof value));
              }},
    Operation{"acl-forbids", []() -> std::string { return open_with_acl(0, 4, O_RDONLY); }},
    Operation{"acl-allows", []() -> std::string { return open_with_acl(6, 0, O_RDWR); }},
    Operation{"acl-in-mode",
              []() -> std::string {
                write_text("a", "");
                set_acl("a", acl_for(77, 6, 0));
                return mode_of("a");
              }},
    Operation{"acl-inherited",
              []() -> std::string {
                ::mkdir("d", 0755);
                if (set_acl("d", acl_for(77, 6, 0), "system.posix_acl_default") != 0)
                  return std::string(::strerrorname_np(errno));
                write_text("d/a", "");
                return as_user(77, []() -> std::string { return outcome(Fd(::open("d/a", O_RDWR))); });
              }},
    Operation{"acl-default-instead-of-umask",
              []() -> std::string {
                ::mkdir("d", 0755);
                if (set_acl("d", acl_for(77, 6, 4), "system.posix_acl_default") != 0)
                  return std::string(::strerrorname_np(errno));
                ::umask(077);
                Fd fd(::open("d/a", O_CREAT | O_WRONLY, 0666));
                ::umask(022);
                return mode_of("d/a");
              }},
    Operation{"flag-append-only", []() -> std::string { return flag(FS_APPEND_FL); }},
    Operation{"flag-no-dump", []() -> std::string { return flag(FS_NODUMP_FL); }},
    Operation{"generation",
              []() -> std::string {
                write_text("a", "");
                Fd fd(::open("a", O_RDONLY));
                long value = 0;
                return outcome(::ioctl(fd, FS_IOC_GETVERSION, &value));
              }},
    Operation{"device-node-made", []() -> std::string { return outcome(::mknod("n", S_IFCHR | 0666, makedev(1, 3))); }},
    Operation{"device-node-opened",
              []() -> std::string {
                ::mknod("n", S_IFCHR | 0666, makedev(1, 3));
                return outcome(Fd(::open("n", O_RDWR)));
              }},
};

}  // namespace

std::span<const Operation> attributes() { return kOperations; }

}  // namespace operations
