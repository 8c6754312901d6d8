// VM templates for a configuration, and what a machine that goes on from one has to be given of its own.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/sys/thread.h"
#include "runtime/accelerator/probe.h"
#include "runtime/agent_client/agent_client.h"
#include "runtime/config/config.h"
#include "runtime/factory/template.h"
#include "runtime/storage/shared_fs.h"

namespace kata {

// Where the template for `machine` (machine_config.h), which shares its files in this way, is; made first when there is
// none (runtime/factory/make.h).
Result<std::string> template_for(const hypervisor::Driver& driver, hypervisor::VmConfig machine,
                                 storage::SharedFs shared_fs, const config::Config& config,
                                 const accelerator::Choice& choice, factory::WhenBusy when_busy);

// Gives a clone random numbers and a time of its own, while other calls are under way. Not thread-safe; the agent
// outlives it.
class CloneRefresh {
 public:
  explicit CloneRefresh(AgentClient& agent) : agent_(agent) {}
  Result<> start();
  Result<> wait();  // fine when it was not started

 private:
  AgentClient& agent_;
  Result<> seeded_, set_;
  sys::Thread seeding_, setting_;
};

}  // namespace kata
