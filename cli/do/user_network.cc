#include "cli/do/user_network.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/program.h"

namespace kata::cli {

namespace {

constexpr int kReady = 3;  // its descriptor
constexpr std::chrono::seconds kPatience{30};
constexpr size_t kMostOfWords = 4096;

Error not_ready(int words) {
  auto text = ::lseek(words, 0, SEEK_SET) == 0 ? sys::read_to_end(words, kMostOfWords).value_or("") : "";
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return Error::make(Code::kUnavailable,
                     concat("slirp4netns makes no network: ", text.empty() ? "it does not say why" : text))
      .hint("let everybody open /dev/net/tun, as udev does, or leave --net out");
}

}  // namespace

Result<UserNetwork> UserNetwork::start(pid_t pid) {
  auto program = sys::find_program({"slirp4netns"});
  if (program.empty()) {
    return Error::make(Code::kNotFound, "--net needs slirp4netns, which is not installed")
        .hint("install the package slirp4netns, or leave --net out");
  }
  auto ready = TRY(sys::pipe());
  auto words = TRY(sys::memory_file("slirp4netns"));  // it may go on speaking when nobody listens any more
  sys::Spawn what;
  what.argv = {program,
               "--configure",
               "--mtu=65520",
               "--disable-host-loopback",
               "--netns-type=path",
               "--ready-fd=3",
               concat("/proc/", pid, "/ns/net"),
               "tap0"};
  what.out = words.get();
  what.err = words.get();
  what.descriptors = {{kReady, ready.write.get()}};
  what.new_session = true;  // a terminal's Ctrl-C is for the workload
  what.die_with_parent = true;
  UserNetwork out(TRY(sys::spawn(what)));
  ready.write.reset();
  char byte = 0;
  bool there = TRY(sys::wait_for(ready.read.get(), POLLIN, kPatience)) &&
               sys::read_some(ready.read.get(), &byte, 1).value_or(0U) == 1;
  if (!there) return not_ready(words.get());
  return out;
}

UserNetwork::~UserNetwork() {
  if (!child_.pidfd) return;
  ignore(sys::pidfd_signal(child_.pidfd.get(), SIGKILL));
  ignore(sys::wait_child(child_.pid));
}

}  // namespace kata::cli
