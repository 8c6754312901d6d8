#include "runtime/pod_journal/kinds.h"

#include "runtime/cgroups/journal_kind.h"
#include "runtime/host_resources/files.h"
#include "runtime/host_resources/process.h"
#include "runtime/network/journal_kind.h"
#include "runtime/systemd/journal_kind.h"

namespace kata {

journal::Kinds journal_kinds() {
  static constexpr const journal::Kind* kKinds[] = {
      &host::kProcess, &host::kMount,         &host::kDirectory, &host::kFile,
      &host::kTree,    &network::kConnection, &cgroups::kGroup,  &systemd::kScope,
  };
  return kKinds;
}

}  // namespace kata
