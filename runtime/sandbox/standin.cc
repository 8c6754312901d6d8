#include "runtime/sandbox/standin.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "lib/base/concat.h"
#include "lib/netlink/link.h"
#include "lib/sys/file.h"
#include "lib/sys/thread.h"

namespace kata {

namespace {

bool has_own_names(const grpc::Spec& spec) {
  const auto& all = spec.linux().namespaces();
  return std::none_of(all.begin(), all.end(),
                      [](const auto& one) { return one.type() == "uts" && !one.path().empty(); });
}

Result<> set_names(int uts, const grpc::Spec& spec) {
  const auto& host = spec.hostname();
  const auto& domain = spec.domainname();
  if (::setns(uts, CLONE_NEWUTS) != 0) return Error::sys(errno, "enter the UTS namespace of the stand-in");
  if (!host.empty() && ::sethostname(host.data(), host.size()) != 0)
    return Error::sys(errno, "set the host name", host);
  if (!domain.empty() && ::setdomainname(domain.data(), domain.size()) != 0) {
    return Error::sys(errno, "set the domain name", domain);
  }
  return {};
}

}  // namespace

Result<> name_host_of(pid_t standin, const grpc::Spec& spec) {
  if (!has_own_names(spec)) return {};
  auto path = concat("/proc/", standin, "/ns/uts");
  auto uts = TRY(sys::open(path, O_RDONLY));
  if (TRY(sys::stat(uts.get(), path)).st_ino == TRY(sys::stat("/proc/thread-self/ns/uts")).st_ino) return {};
  std::optional<Result<>> outcome;
  auto thread = TRY(sys::Thread::start("utsns", [&] { outcome = set_names(uts.get(), spec); }));
  thread.join();
  return *outcome;
}

Result<netlink::Namespace> network_of(pid_t standin) {
  auto found = TRY(netlink::Namespace::open(concat("/proc/", standin, "/ns/net")));
  if (found.inode() == TRY(netlink::Namespace::current()).inode()) return netlink::Namespace::create();
  auto socket = TRY(found.socket());
  netlink::Link loopback;
  loopback.index = 1;
  loopback.name = "lo";
  TRY(netlink::set_link_up(socket, loopback, true));
  return found;
}

}  // namespace kata
