#include "runtime/sandbox/container.h"

#include "lib/oci/pod.h"

namespace kata {

bool Container::holds_pod() const { return owns_sandbox && oci::is_pod(annotations); }

}  // namespace kata
