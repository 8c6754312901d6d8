#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "operations.h"

namespace operations {

namespace {

// What one half says to the other: a file appears.
void say(const char* what) { Fd fd(::open(what, O_CREAT | O_WRONLY | O_CLOEXEC, 0644)); }
void await(const char* what) {
  for (int i = 0; i < 6000 && ::access(what, F_OK) != 0; ++i) ::usleep(10'000);
}

std::string hold(int (*lock)(int fd)) {
  Fd fd(make("a"));
  auto answer = outcome(lock(fd));
  say("held");
  await("tried");
  return answer;
}
std::string try_to(int (*lock)(int fd)) {
  await("held");
  Fd fd(::open("a", O_RDWR | O_CLOEXEC));
  auto answer = outcome(lock(fd));
  say("tried");
  return answer;
}
int flock_it(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB); }
int lock_with(int fd, int command) {
  struct flock all {};
  all.l_type = F_WRLCK;
  return ::fcntl(fd, command, &all);
}
int fcntl_it(int fd) { return lock_with(fd, F_SETLK); }
int ofd_it(int fd) { return lock_with(fd, F_OFD_SETLK); }

constexpr int kRounds = 100;
std::string count_under_lock() {
  say("ready");
  for (int i = 0; i < kRounds; ++i) {
    Fd fd(make("counter"));
    ::flock(fd, LOCK_EX);
    char text[16] = {};
    auto got = ::pread(fd, text, 15, 0);
    auto next = std::to_string((got > 0 ? std::stoi(text) : 0) + 1);
    ::pwrite(fd, next.data(), next.size(), 0);
  }
  return "ok";
}

sockaddr_un address() {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  std::strcpy(out.sun_path, "s");
  return out;
}

char* map_shared(int fd) {
  ::ftruncate(fd, 4096);
  auto* area = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return area == MAP_FAILED ? nullptr : static_cast<char*>(area);
}

constexpr Pair kPairs[] = {
    Pair{"two-flock", []() -> std::string { return hold(flock_it); }, []() -> std::string { return try_to(flock_it); }},
    Pair{"two-fcntl", []() -> std::string { return hold(fcntl_it); }, []() -> std::string { return try_to(fcntl_it); }},
    Pair{"two-ofd", []() -> std::string { return hold(ofd_it); }, []() -> std::string { return try_to(ofd_it); }},
    Pair{"two-count-under-a-lock",
         []() -> std::string {
           auto answer = count_under_lock();
           await("counted");
           return text_of("counter");
         },
         []() -> std::string {
           await("ready");
           auto answer = count_under_lock();
           say("counted");
           return answer;
         }},
    Pair{"two-socket",
         []() -> std::string {
           Fd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
           auto where = address();
           if (::bind(server, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) {
             say("listens");
             return std::string(::strerrorname_np(errno));
           }
           ::listen(server, 1);
           say("listens");
           await("tried");
           return std::string("ok");
         },
         []() -> std::string {
           await("listens");
           Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
           auto where = address();
           auto answer = outcome(::connect(client, reinterpret_cast<sockaddr*>(&where), sizeof where));
           say("tried");
           return answer;
         }},
    Pair{"two-fifo",
         []() -> std::string {
           auto made = ::mkfifo("f", 0644);
           auto answer = outcome(made);
           Fd fd(made == 0 ? ::open("f", O_RDWR | O_CLOEXEC) : -1);
           say("made");
           if (made != 0) return answer;
           await("wrote");
           char text[8] = {};
           pollfd wait{fd, POLLIN, 0};
           return ::poll(&wait, 1, 2000) == 1 && ::read(fd, text, 7) > 0 ? std::string(text) : std::string("nothing");
         },
         []() -> std::string {
           await("made");
           Fd fd(::open("f", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
           auto answer = fd < 0 ? outcome(fd) : number(::write(fd, "text", 4));
           say("wrote");
           return answer;
         }},
    Pair{"two-inotify",
         []() -> std::string {
           ::mkdir("d", 0755);
           Fd notify(::inotify_init1(IN_CLOEXEC));
           auto watch = ::inotify_add_watch(notify, "d", IN_CREATE);
           say("watches");
           if (watch < 0) return std::string(::strerrorname_np(errno));
           pollfd wait{notify, POLLIN, 0};
           auto answer = std::string(::poll(&wait, 1, 10'000) == 1 ? "ok" : "none");
           return answer;
         },
         []() -> std::string {
           await("watches");
           return std::string(write_text("d/a", "") ? "ok" : "no");
         }},
    Pair{"two-map-shared",
         []() -> std::string {
           Fd fd(make("m"));
           auto* area = map_shared(fd);
           if (area == nullptr) return outcome(-1);
           area[0] = 'x';
           say("mapped");
           await("seen");
           return std::string(1, area[1]);
         },
         []() -> std::string {
           await("mapped");
           Fd fd(::open("m", O_RDWR | O_CLOEXEC));
           auto* area = map_shared(fd);
           if (area == nullptr) return outcome(-1);
           auto answer = std::string(1, area[0]);
           area[1] = 'y';
           say("seen");
           return answer;
         }},
    Pair{"two-one-inode",
         []() -> std::string {
           Fd fd(make("a"));
           struct stat s {};
           ::fstat(fd, &s);
           write_text("number", std::to_string(s.st_dev) + ":" + std::to_string(s.st_ino));
           say("told");
           await("seen");
           return std::string("ok");
         },
         []() -> std::string {
           await("told");
           struct stat s {};
           ::stat("a", &s);
           auto mine = std::to_string(s.st_dev) + ":" + std::to_string(s.st_ino);
           auto answer = std::string(text_of("number") == mine ? "ok" : "another");
           say("seen");
           return answer;
         }},
    Pair{"two-size-after-append",
         []() -> std::string {
           Fd fd(::open("log", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
           ::write(fd, "one", 3);
           say("wrote");
           await("appended");
           struct stat s {};
           ::fstat(fd, &s);
           return number(static_cast<long>(s.st_size));
         },
         []() -> std::string {
           await("wrote");
           Fd fd(::open("log", O_WRONLY | O_APPEND | O_CLOEXEC));
           ::write(fd, "two", 3);
           say("appended");
           return text_of("log");
         }},
    Pair{"two-removed-while-open",
         []() -> std::string {
           Fd fd(make("a"));
           ::write(fd, "text", 4);
           say("open");
           await("removed");
           char text[8] = {};
           return ::pread(fd, text, 7, 0) < 0 ? std::string(::strerrorname_np(errno)) : std::string(text);
         },
         []() -> std::string {
           await("open");
           auto answer = outcome(::unlink("a"));
           say("removed");
           return answer;
         }},
};

}  // namespace

std::span<const Pair> pairs() { return kPairs; }

}  // namespace operations
