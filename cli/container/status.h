// A container as it is now: what is on disk, and what its shim says.
#pragma once

#include <memory>
#include <string>

#include "cli/container/record.h"
#include "cli/container/shim_client.h"
#include "cli/container/store.h"
#include "lib/base/result.h"

namespace kata::cli {

struct Container {
  Place place;
  Record record;
  TaskState state;                   // kStopped when the shim can't be reached
  std::unique_ptr<ShimClient> shim;  // null when the shim can't be reached
};

Result<Container> find_container(const Globals& globals, const std::string& id);
// A damaged record and a shim that lives and does not answer are errors; a dead shim is not.
Result<Container> inspect(const Place& place);

// find_container(), and an error in the words of runc (which engines look for) unless it is
// running, or paused where that is allowed.
Result<Container> find_running(const Globals& globals, const std::string& id, std::string_view to_do,
                               bool paused_is_fine);

}  // namespace kata::cli
