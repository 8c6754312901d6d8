#include <dirent.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <set>

#include "operations.h"

namespace operations {

namespace {

std::string lines_in(const char* directory) {
  std::set<std::string> found;
  auto* open = ::opendir(directory);
  if (open == nullptr) return ::strerrorname_np(errno);
  while (auto* entry = ::readdir(open)) found.insert(entry->d_name);
  ::closedir(open);
  return std::to_string(found.size());
}

int rename2(const char* from, const char* to, unsigned flags) {
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags));
}

constexpr Operation kOperations[] = {
    Operation{"create", []() -> std::string { return outcome(Fd(make("a"))); }},
    Operation{"create-exclusive-twice",
              []() -> std::string {
                write_text("a", "");
                return outcome(Fd(::open("a", O_CREAT | O_EXCL | O_WRONLY, 0644)));
              }},
    Operation{"open-missing", []() -> std::string { return outcome(Fd(::open("a", O_RDONLY))); }},
    Operation{"open-directory-for-writing", []() -> std::string { return outcome(Fd(::open(".", O_WRONLY))); }},
    Operation{"open-nofollow-link",
              []() -> std::string {
                ::symlink("a", "l");
                return outcome(Fd(::open("l", O_RDONLY | O_NOFOLLOW)));
              }},
    Operation{"open-file-as-directory",
              []() -> std::string {
                write_text("a", "");
                return outcome(Fd(::open("a", O_RDONLY | O_DIRECTORY)));
              }},
    Operation{"name-of-255", []() -> std::string { return outcome(Fd(make(std::string(255, 'n').c_str()))); }},
    Operation{"name-of-256", []() -> std::string { return outcome(Fd(make(std::string(256, 'n').c_str()))); }},
    Operation{"name-of-bytes", []() -> std::string { return outcome(Fd(make("\xff\n\t \\ö"))); }},
    Operation{"mkdir-twice",
              []() -> std::string {
                ::mkdir("d", 0755);
                return outcome(::mkdir("d", 0755));
              }},
    Operation{"rmdir-not-empty",
              []() -> std::string {
                ::mkdir("d", 0755);
                write_text("d/a", "");
                return outcome(::rmdir("d"));
              }},
    Operation{"rmdir-file",
              []() -> std::string {
                write_text("a", "");
                return outcome(::rmdir("a"));
              }},
    Operation{"unlink-directory",
              []() -> std::string {
                ::mkdir("d", 0755);
                return outcome(::unlink("d"));
              }},
    Operation{"read-directory-of-1000",
              []() -> std::string {
                ::mkdir("d", 0755);
                for (int i = 0; i < 1000; ++i) write_text(("d/" + std::to_string(i)).c_str(), "");
                return lines_in("d");
              }},
    Operation{"read-directory-while-removing",
              []() -> std::string {
                ::mkdir("d", 0755);
                for (int i = 0; i < 300; ++i) write_text(("d/" + std::to_string(i)).c_str(), "");
                auto* open = ::opendir("d");
                while (auto* entry = ::readdir(open)) ::unlinkat(::dirfd(open), entry->d_name, 0);
                ::closedir(open);
                return lines_in("d");
              }},
    Operation{"directory-position-kept",
              []() -> std::string {
                for (int i = 0; i < 50; ++i) write_text(std::to_string(i).c_str(), "");
                auto* open = ::opendir(".");
                for (int i = 0; i < 10; ++i) ::readdir(open);
                auto place = ::telldir(open);
                std::string next = ::readdir(open)->d_name;
                for (int i = 0; i < 10; ++i) ::readdir(open);
                ::seekdir(open, place);
                std::string again = ::readdir(open)->d_name;
                ::closedir(open);
                return std::string(next == again ? "ok" : "another");
              }},
    Operation{"type-in-directory",
              []() -> std::string {
                ::mkdir("d", 0755);
                auto* open = ::opendir(".");
                int type = -1;
                while (auto* entry = ::readdir(open)) {
                  if (std::string(entry->d_name) == "d") type = entry->d_type;
                }
                ::closedir(open);
                return number(type);
              }},
    Operation{"symlink-read",
              []() -> std::string {
                ::symlink("some/where", "l");
                char buffer[64] = {};
                return ::readlink("l", buffer, sizeof buffer - 1) < 0 ? ::strerrorname_np(errno) : std::string(buffer);
              }},
    Operation{"symlink-of-4000",
              []() -> std::string { return outcome(::symlink(std::string(4000, 'x').c_str(), "l")); }},
    Operation{"symlink-loop",
              []() -> std::string {
                ::symlink("b", "a");
                ::symlink("a", "b");
                return outcome(Fd(::open("a", O_RDONLY)));
              }},
    Operation{"link-count",
              []() -> std::string {
                write_text("a", "");
                ::link("a", "b");
                struct stat s {};
                ::stat("a", &s);
                return number(static_cast<long>(s.st_nlink));
              }},
    Operation{"link-is-the-same-file",
              []() -> std::string {
                write_text("a", "");
                ::link("a", "b");
                struct stat a {
                }, b{};
                ::stat("a", &a);
                ::stat("b", &b);
                return std::string(a.st_ino == b.st_ino && a.st_dev == b.st_dev ? "ok" : "another");
              }},
    Operation{"link-directory",
              []() -> std::string {
                ::mkdir("d", 0755);
                return outcome(::link("d", "e"));
              }},
    Operation{"link-open-file",
              []() -> std::string {
                Fd fd(make("a"));
                auto path = "/proc/self/fd/" + std::to_string(fd.get());
                return outcome(::linkat(AT_FDCWD, path.c_str(), AT_FDCWD, "b", AT_SYMLINK_FOLLOW));
              }},
    Operation{"rename-over-file",
              []() -> std::string {
                write_text("a", "new");
                write_text("b", "old");
                return ::rename("a", "b") == 0 ? text_of("b") : ::strerrorname_np(errno);
              }},
    Operation{"rename-over-open-file",
              []() -> std::string {
                write_text("a", "new");
                write_text("b", "old");
                Fd old(::open("b", O_RDONLY));
                ::rename("a", "b");
                char buffer[8] = {};
                return ::read(old, buffer, 7) < 0 ? ::strerrorname_np(errno) : std::string(buffer);
              }},
    Operation{"rename-directory-over-empty",
              []() -> std::string {
                ::mkdir("d", 0755);
                ::mkdir("e", 0755);
                return outcome(::rename("d", "e"));
              }},
    Operation{"rename-directory-over-full",
              []() -> std::string {
                ::mkdir("d", 0755);
                ::mkdir("e", 0755);
                write_text("e/a", "");
                return outcome(::rename("d", "e"));
              }},
    Operation{"rename-into-itself",
              []() -> std::string {
                ::mkdir("d", 0755);
                return outcome(::rename("d", "d/e"));
              }},
    Operation{"rename-noreplace",
              []() -> std::string {
                write_text("a", "");
                write_text("b", "");
                return outcome(rename2("a", "b", RENAME_NOREPLACE));
              }},
    Operation{"rename-exchange",
              []() -> std::string {
                write_text("a", "1");
                write_text("b", "2");
                return rename2("a", "b", RENAME_EXCHANGE) == 0 ? text_of("a") : ::strerrorname_np(errno);
              }},
    Operation{"rename-whiteout",
              []() -> std::string {
                write_text("a", "");
                return outcome(rename2("a", "b", RENAME_WHITEOUT));
              }},
    Operation{"file-without-a-name",
              []() -> std::string { return outcome(Fd(::open(".", O_TMPFILE | O_RDWR, 0600))); }},
    Operation{"working-directory-removed",
              []() -> std::string {
                return in_child([]() -> std::string {
                  ::mkdir("d", 0755);
                  if (::chdir("d") != 0) return "no chdir";
                  ::rmdir("../d");
                  return outcome(Fd(make("a")));
                });
              }},
    Operation{"working-directory-renamed",
              []() -> std::string {
                return in_child([]() -> std::string {
                  ::mkdir("d", 0755);
                  if (::chdir("d") != 0) return "no chdir";
                  ::rename("../d", "../e");
                  char path[PATH_MAX];
                  std::string now = ::getcwd(path, sizeof path) == nullptr ? "" : path;
                  return now.ends_with("/e") ? "ok" : "another";
                });
              }},
    Operation{"handle-by-name",
              []() -> std::string {
                write_text("a", "");
                alignas(file_handle) char space[sizeof(file_handle) + MAX_HANDLE_SZ] = {};
                auto* handle = reinterpret_cast<file_handle*>(space);
                handle->handle_bytes = MAX_HANDLE_SZ;
                int mount = 0;
                return outcome(::name_to_handle_at(AT_FDCWD, "a", handle, &mount, 0));
              }},
    Operation{"space-is-told",
              []() -> std::string {
                struct statfs s {};
                if (::statfs(".", &s) != 0) return std::string(::strerrorname_np(errno));
                return std::string(s.f_blocks > 0 && s.f_bavail <= s.f_blocks ? "ok" : "nothing");
              }},
};

}  // namespace

std::span<const Operation> names() { return kOperations; }

}  // namespace operations
