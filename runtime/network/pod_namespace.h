// Where a pod's network is: which network namespace its specification, or its engine, means.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::network {

struct PodNamespace {
  enum class Kind {
    kNone,   // the specification says nothing about namespaces: a machine with nothing but its loopback
    kFresh,  // a new one, which hooks or the engine may fill later
    kGiven,  // `path`
  };
  Kind kind = Kind::kNone;
  std::string path;
};

// In this order: the path of the specification's network namespace; the annotation of nerdctl; the namespace that
// Docker names through its libnetwork-setkey hook, below one of `docker_directories`; a fresh one.
// The host's own namespace (no network namespace beside others, or a path to it) is refused.
Result<PodNamespace> find_pod_namespace(const grpc::Spec& spec, const std::vector<std::string>& docker_directories = {
                                                                    "/var/run/docker/netns", "/run/docker/netns"});

}  // namespace kata::network
