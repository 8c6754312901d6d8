#include "runtime/network/pod_namespace.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/netlink/namespace.h"
#include "lib/sys/file.h"

namespace kata::network {

namespace {

constexpr char kNerdctl[] = "nerdctl/network-namespace";
constexpr char kSetKey[] = "libnetwork-setkey";
constexpr size_t kDockerId = 64;
constexpr size_t kDockerShortId = 12;

Error refuse_host_network(std::string_view why) {
  return Error::make(Code::kFailedPrecondition, concat("the container asks for the host's network (", why,
                                                       "), which a virtual machine cannot share"))
      .hint(
          "give the pod a network of its own (without hostNetwork, --network host or --net-host), or run it with runc");
}

bool is_docker_id(const std::string& text) {
  return text.size() == kDockerId && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// The id that Docker's hook carries, when there is such a hook.
std::string docker_id(const google::protobuf::RepeatedPtrField<grpc::Hook>& hooks) {
  for (const auto& hook : hooks) {
    const auto& args = hook.args();
    if (std::find(args.begin(), args.end(), kSetKey) == args.end()) continue;
    auto id = std::find_if(args.begin(), args.end(), is_docker_id);
    if (id != args.end()) return *id;
  }
  return {};
}

std::string docker_namespace(const grpc::Spec& spec, const std::vector<std::string>& directories) {
  auto id = docker_id(spec.hooks().prestart());
  if (id.empty()) id = docker_id(spec.hooks().createruntime());
  if (id.empty()) return {};
  for (const auto& directory : directories) {
    for (const auto& name : {id, id.substr(0, kDockerShortId)}) {
      auto path = concat(directory, "/", name);
      // Never through a link: the namespace is a file that Docker mounted there.
      auto status = sys::lstat(path);
      if (status && S_ISREG(status->st_mode)) return path;
    }
  }
  return {};
}

Result<PodNamespace> given(const std::string& path) {
  auto opened = TRY_WRAP(netlink::Namespace::open(path), concat("the pod's network namespace ", path));
  if (opened.inode() == TRY(netlink::Namespace::current()).inode()) {
    return refuse_host_network(concat(path, " is the host's network namespace"));
  }
  return PodNamespace{PodNamespace::Kind::kGiven, path};
}

}  // namespace

Result<PodNamespace> find_pod_namespace(const grpc::Spec& spec, const std::vector<std::string>& docker_directories) {
  const auto& namespaces = spec.linux().namespaces();
  auto network =
      std::find_if(namespaces.begin(), namespaces.end(), [](const auto& one) { return one.type() == "network"; });
  bool listed = network != namespaces.end();
  // Docker and Podman write the process of nobody for "none".
  if (listed && !network->path().empty() && network->path() != "/proc/0/ns/net") return given(network->path());
  auto nerdctl = spec.annotations().find(kNerdctl);
  if (nerdctl != spec.annotations().end() && !nerdctl->second.empty()) return given(nerdctl->second);
  if (!listed && namespaces.empty()) return PodNamespace{};
  if (!listed) return refuse_host_network("its specification has no network namespace");
  if (auto path = docker_namespace(spec, docker_directories); !path.empty()) return given(path);
  return PodNamespace{PodNamespace::Kind::kFresh, {}};
}

}  // namespace kata::network
