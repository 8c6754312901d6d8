#include "agent/rpc/program.h"

#include <unistd.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"

namespace kata::agent {

namespace {

constexpr size_t kMostOutput = 3U << 20U;  // an answer to the host holds 4 MiB
constexpr size_t kQuoted = 512;

// In memory rather than pipes: nobody waits for anybody.
Result<UniqueFd> memory_file(std::string_view content) {
  auto fd = TRY(sys::memory_file("kata-program"));
  TRY(sys::write_all(fd.get(), content));
  if (::lseek(fd.get(), 0, SEEK_SET) < 0) return Error::sys(errno, "seek");
  return fd;
}

Result<std::string> content_of(int fd, size_t most) {
  if (::lseek(fd, 0, SEEK_SET) < 0) return Error::sys(errno, "seek");
  return sys::read_to_end(fd, most);
}

std::string first_words(int fd) {
  std::string text(kQuoted, '\0');
  auto size = ::pread(fd, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  while (text.ends_with('\n')) text.pop_back();
  return text.empty() ? text : concat(": ", text);
}

}  // namespace

Result<std::string> run_program(Reaper& reaper, const std::vector<std::string>& argv, std::string_view input) {
  auto in = TRY(memory_file(input));
  auto out = TRY(memory_file(""));
  auto err = TRY(memory_file(""));
  sys::Spawn what;
  what.argv = argv;
  what.env = std::vector<std::string>{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  what.in = in.get();
  what.out = out.get();
  what.err = err.get();
  auto pid = TRY(reaper.spawn([&]() -> Result<pid_t> { return TRY(sys::spawn(what)).pid; }));
  auto status = TRY(reaper.wait(pid));
  if (status.code == 0) return content_of(out.get(), kMostOutput);
  return Error::make(Code::kInternal, concat(argv.front(), " ", sys::describe(status), first_words(err.get())));
}

}  // namespace kata::agent
