#include "runtime/sandbox/container.h"

#include "lib/oci/pod.h"

namespace kata {

bool Container::holds_pod() const {
  auto member = oci::membership(id, annotations);
  return owns_sandbox && oci::is_pod(annotations) && member && !member->joins;
}

}  // namespace kata
