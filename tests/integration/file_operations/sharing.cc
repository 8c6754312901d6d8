#include <poll.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <csignal>

#include "operations.h"

namespace operations {

namespace {

struct flock range(short type, off_t from = 0, off_t length = 0) {
  struct flock out {};
  out.l_type = type;
  out.l_whence = SEEK_SET;
  out.l_start = from;
  out.l_len = length;
  return out;
}

// Another process tries while this one holds it.
std::string second_lock(int command, short mine, short other, off_t from = 0) {
  Fd fd(make("a"));
  auto first = range(mine, 0, 10);
  if (::fcntl(fd, command, &first) != 0) return ::strerrorname_np(errno);
  return in_child([&] {
    Fd again(::open("a", O_RDWR));
    auto second = range(other, from, 10);
    return outcome(::fcntl(again, command, &second));
  });
}

std::string connect_to(int type) {
  Fd server(::socket(AF_UNIX, type, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, "s");
  if (::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return ::strerrorname_np(errno);
  if (type == SOCK_STREAM) ::listen(server, 1);
  Fd client(::socket(AF_UNIX, type, 0));
  return outcome(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address));
}

// Whether an event comes of what `change` does.
template <typename F>
std::string event_of(uint32_t mask, F change) {
  Fd notify(::inotify_init1(IN_CLOEXEC));
  if (::inotify_add_watch(notify, ".", mask) < 0) return ::strerrorname_np(errno);
  change();
  pollfd wait{notify, POLLIN, 0};
  return ::poll(&wait, 1, 2000) == 1 ? "ok" : "none";
}

constexpr Operation kOperations[] = {
    Operation{"flock-twice",
              []() -> std::string {
                Fd one(make("a"));
                Fd two(make("a"));
                ::flock(one, LOCK_EX);
                return outcome(::flock(two, LOCK_EX | LOCK_NB));
              }},
    Operation{"flock-shared-twice",
              []() -> std::string {
                Fd one(make("a"));
                Fd two(make("a"));
                ::flock(one, LOCK_SH);
                return outcome(::flock(two, LOCK_SH | LOCK_NB));
              }},
    Operation{"flock-let-go-by-close",
              []() -> std::string {
                Fd one(make("a"));
                Fd two(make("a"));
                ::flock(one, LOCK_EX);
                one.reset();
                return outcome(::flock(two, LOCK_EX | LOCK_NB));
              }},
    Operation{"fcntl-two-writers", []() -> std::string { return second_lock(F_SETLK, F_WRLCK, F_WRLCK); }},
    Operation{"fcntl-two-readers", []() -> std::string { return second_lock(F_SETLK, F_RDLCK, F_RDLCK); }},
    Operation{"fcntl-two-ranges", []() -> std::string { return second_lock(F_SETLK, F_WRLCK, F_WRLCK, 10); }},
    Operation{"ofd-two-writers", []() -> std::string { return second_lock(F_OFD_SETLK, F_WRLCK, F_WRLCK); }},
    Operation{"fcntl-who-holds-it",
              []() -> std::string {
                Fd fd(make("a"));
                auto mine = range(F_WRLCK);
                ::fcntl(fd, F_SETLK, &mine);
                return in_child([]() -> std::string {
                  Fd again(::open("a", O_RDWR));
                  auto asked = range(F_WRLCK);
                  if (::fcntl(again, F_GETLK, &asked) != 0) return ::strerrorname_np(errno);
                  return asked.l_type == F_WRLCK && asked.l_pid == ::getppid() ? "ok" : "another";
                });
              }},
    Operation{"lease-read",
              []() -> std::string {
                write_text("a", "");
                Fd fd(::open("a", O_RDONLY));
                return outcome(::fcntl(fd, F_SETLEASE, F_RDLCK));
              }},
    Operation{"socket-stream", []() -> std::string { return connect_to(SOCK_STREAM); }},
    Operation{"socket-datagram", []() -> std::string { return connect_to(SOCK_DGRAM); }},
    Operation{"fifo",
              []() -> std::string {
                if (::mkfifo("f", 0644) != 0) return std::string(::strerrorname_np(errno));
                auto child = ::fork();
                if (child == 0) {
                  Fd fd(::open("f", O_WRONLY));
                  ::write(fd, "text", 4);
                  ::_exit(0);
                }
                auto answer = text_of("f");
                ::waitpid(child, nullptr, 0);
                return answer;
              }},
    Operation{"inotify-create", []() -> std::string { return event_of(IN_CREATE, [] { write_text("a", ""); }); }},
    Operation{"inotify-modify", []() -> std::string { return event_of(IN_MODIFY, [] { write_text("a", "x"); }); }},
    Operation{"inotify-close-write",
              []() -> std::string { return event_of(IN_CLOSE_WRITE, [] { write_text("a", "x"); }); }},
    Operation{"inotify-delete",
              []() -> std::string {
                write_text("a", "");
                return event_of(IN_DELETE, [] { ::unlink("a"); });
              }},
    Operation{"inotify-move",
              []() -> std::string {
                write_text("a", "");
                return event_of(IN_MOVED_TO, [] { ::rename("a", "b"); });
              }},
    Operation{"inotify-attributes",
              []() -> std::string {
                write_text("a", "");
                return event_of(IN_ATTRIB, [] { ::chmod("a", 0600); });
              }},
    Operation{"epoll-of-a-file",
              []() -> std::string {
                Fd poll(::epoll_create1(EPOLL_CLOEXEC));
                epoll_event event{};
                return outcome(::epoll_ctl(poll, EPOLL_CTL_ADD, Fd(make("a")), &event));
              }},
    Operation{"execute-what-was-written",
              []() -> std::string {
                write_text("a", "#!/bin/sh\nexit 3\n");
                ::chmod("a", 0755);
                auto child = ::fork();
                if (child == 0) {
                  ::execl("./a", "a", static_cast<char*>(nullptr));
                  ::_exit(errno);
                }
                int status = 0;
                ::waitpid(child, &status, 0);
                return number(WEXITSTATUS(status));
              }},
    Operation{"write-to-what-runs",
              []() -> std::string {
                // A copy of this program, which waits.
                Fd from(::open("/proc/self/exe", O_RDONLY));
                {
                  Fd to(::open("a", O_WRONLY | O_CREAT, 0755));
                  char buffer[65536];
                  for (;;) {
                    auto got = ::read(from, buffer, sizeof buffer);
                    if (got <= 0 || ::write(to, buffer, static_cast<size_t>(got)) != got) break;
                  }
                }
                auto child = ::fork();
                if (child == 0) {
                  ::execl("./a", "a", "wait", static_cast<char*>(nullptr));
                  ::_exit(1);
                }
                ::usleep(500'000);
                auto answer = outcome(Fd(::open("a", O_WRONLY)));
                ::kill(child, SIGKILL);
                ::waitpid(child, nullptr, 0);
                return answer;
              }},
};

}  // namespace

std::span<const Operation> sharing() { return kOperations; }

}  // namespace operations
