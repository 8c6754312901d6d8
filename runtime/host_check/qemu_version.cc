#include <poll.h>

#include <chrono>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"
#include "runtime/host_check/host_check.h"

namespace kata::host_check {

namespace {

constexpr size_t kMaxOutput = 64U << 10U;
constexpr auto kPatience = std::chrono::seconds(10);

// What a program prints on stdout, and its end. A program that hangs is killed.
Result<std::string> output_of(const std::string& path, const std::string& argument) {
  auto pipe = TRY(sys::pipe());
  auto child = TRY(sys::spawn({.argv = {path, argument}, .out = pipe.write.get()}));
  pipe.write.reset();
  auto ended = sys::wait_for(child.pidfd.get(), POLLIN, kPatience);
  if (!ended || !*ended) ignore(sys::pidfd_signal(child.pidfd.get(), 9));
  auto status = TRY(sys::wait_child(child.pid));
  auto text = TRY(sys::read_to_end(pipe.read.get(), kMaxOutput));
  if (status.code != 0) return Error::make(Code::kInternal, concat(path, " ", argument, " ", sys::describe(status)));
  return text;
}

}  // namespace

Result<std::string> qemu_version(const std::string& path) {
  auto text = TRY(output_of(path, "--version"));
  constexpr std::string_view kBefore = "QEMU emulator version ";
  auto start = text.find(kBefore);
  if (start == std::string::npos) return Error::make(Code::kInternal, concat(path, " is no QEMU"));
  start += kBefore.size();
  return text.substr(start, text.find('\n', start) - start);
}

}  // namespace kata::host_check
