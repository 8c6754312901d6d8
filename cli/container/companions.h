// Containers that share a machine: who is in it already, and how another one comes in. A pod's manager says by
// annotations which sandbox a container joins; who names another container's network namespace (--network container:X)
// joins that one's machine, because the network is the machine's.
#pragma once

#include <optional>
#include <string>

#include "cli/container/globals.h"
#include "cli/container/record.h"
#include "cli/container/store.h"
#include "lib/base/result.h"

namespace grpc {
class Spec;
}

namespace kata::cli {

// A container that is in the machine already.
struct Companion {
  Place place;
  Record record;
};

// The one whose machine the container `id` joins; nothing: it gets one of its own. An error when the sandbox that its
// annotations name has ended, or is not there although it has to be.
Result<std::optional<Companion>> find_companion(const Globals& globals, const std::string& id, const grpc::Spec& spec);

// The new container's directory gets names of its own for what the shim has in the companion's, so that it does not
// matter which of them goes first.
Result<> join(const Companion& companion, const Place& place, Record& record);

// Whether another container under the same root is in the machine of this one.
Result<bool> has_companions(const Place& place, const Record& record);

}  // namespace kata::cli
