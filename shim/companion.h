// A container that joins a pod without a pod's manager: it names another container's network namespace (docker run
// --network container:X), and so it joins that one's machine, because the network is the machine's.
#pragma once

#include <optional>
#include <string>

namespace grpc {
class Spec;
}

namespace kata::shim {

// The sandbox below `run_directory` whose VMM is in the network namespace that the specification names; nothing: none
// is, or the namespace is the host's. A container does not join itself.
std::optional<std::string> owner_of_network(const std::string& run_directory, const std::string& id,
                                            const grpc::Spec& spec);

}  // namespace kata::shim
