#include "lib/netlink/namespace.h"

#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>

#include "lib/base/concat.h"
#include "lib/netlink/link.h"
#include "lib/sys/file.h"
#include "lib/sys/thread.h"

namespace kata::netlink {

namespace {

constexpr char kOwn[] = "/proc/thread-self/ns/net";

Result<> on_a_thread(const std::function<Result<>()>& work) {
  std::optional<Result<>> outcome;
  auto thread = TRY(sys::Thread::start("netns", [&] { outcome = work(); }));
  thread.join();
  return *outcome;
}

}  // namespace

Result<Namespace> Namespace::from(UniqueFd fd, const std::string& path) {
  if (::ioctl(fd.get(), NS_GET_NSTYPE) != CLONE_NEWNET) {
    return Error::make(Code::kInvalidArgument, concat(path, " is not a network namespace"));
  }
  auto inode = TRY(sys::stat(fd.get(), path)).st_ino;
  return Namespace(std::move(fd), inode);
}

Result<Namespace> Namespace::open(const std::string& path) {
  // Non-blocking: whatever else the path may be, it is not waited for.
  return from(TRY_WRAP(sys::open(path, O_RDONLY | O_NONBLOCK), "the network namespace"), path);
}

Result<Namespace> Namespace::current() { return open(kOwn); }

Result<Namespace> Namespace::create() {
  std::optional<Namespace> made;
  TRY(on_a_thread([&]() -> Result<> {
    if (::unshare(CLONE_NEWNET) != 0) return Error::sys(errno, "make a network namespace");
    made.emplace(TRY(current()));
    auto socket = TRY(Socket::open());
    Link loopback;
    loopback.index = 1;
    loopback.name = "lo";
    return set_link_up(socket, loopback, true);
  }));
  return std::move(*made);
}

Result<> Namespace::enter() const {
  if (::setns(fd_.get(), CLONE_NEWNET) != 0) return Error::sys(errno, "enter the network namespace");
  return {};
}

Result<> Namespace::run(const std::function<Result<>()>& work) const {
  return on_a_thread([&]() -> Result<> {
    TRY(enter());
    return work();
  });
}

Result<Socket> Namespace::socket() const {
  std::optional<Socket> made;
  TRY(run([&]() -> Result<> {
    made.emplace(TRY(Socket::open()));
    return {};
  }));
  return std::move(*made);
}

}  // namespace kata::netlink
