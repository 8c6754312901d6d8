// Why a virtual machine ended: the first real cause among all that was seen.
#pragma once

#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/sys/process.h"

namespace kata::hypervisor {

struct Ending {
  sys::ExitStatus status;
  bool stopped = false;               // by us
  bool loading = false;               // it was reading a saved machine's files
  std::vector<std::string> console;   // the guest's last lines
  std::vector<std::string> messages;  // what QEMU printed
  std::string shutdown_reason;        // QMP's, may be empty
};

// Prefers the guest kernel's panic, then QEMU's own words, then how QEMU ended. Error::cause() says what there is to
// decide by: that QEMU was killed by a signal, or that it could not use the files of a saved machine.
Error cause_of(const Ending& ending);

}  // namespace kata::hypervisor
