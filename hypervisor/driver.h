// One kind of virtual machine monitor: what it is called, what it can do, and how to make a machine of it.
//
// Each VMM has a folder of its own with one Driver in it. Other rooms find a driver by its name (hypervisor/registry)
// and ask it; none of them knows which one it is. A driver lives as long as the program, or the test, that uses it,
// has no state of its own, and may be asked by any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "hypervisor/vm.h"
#include "lib/base/result.h"

namespace kata::hypervisor {

class Driver {
 public:
  virtual ~Driver() = default;

  // The table [hypervisor.NAME] of the configuration, lower case.
  virtual std::string_view name() const = 0;
  // What its machines can do at most; Vm::capabilities() says what one can do with its configuration.
  virtual Capabilities capabilities() const = 0;

  // Checks the configuration (files, sizes) and starts nothing.
  virtual Result<std::unique_ptr<Vm>> create(VmConfig config) const = 0;

  // What is equal in two configurations when one can go on from the saved machine of the other: the hardware, the
  // kernel and its command line, and the files that went into it (by inode, size and time). A text of many lines, for
  // a hash. Names, directories and what is plugged in are not in it; `savable` and `saved` neither. kUnimplemented
  // (also what this does by itself) when the driver cannot save machines.
  virtual Result<std::string> clone_key(const VmConfig& config) const;
};

}  // namespace kata::hypervisor
