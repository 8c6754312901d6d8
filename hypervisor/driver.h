// One kind of virtual machine monitor: what it is called, what it can do, what it needs of the host and of the
// configuration, and how to make a machine of it.
//
// Each VMM has a folder of its own with one Driver in it. Other rooms find a driver by its name (hypervisor/registry)
// and ask it; none of them knows which one it is. A driver lives as long as the program, or the test, that uses it,
// and may be asked by any thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/settings.h"
#include "hypervisor/vm.h"
#include "lib/base/result.h"

namespace kata::hypervisor {

// One thing that `kata-runtime check` looks at.
enum class Verdict {
  kOk,
  kNote,     // something is missing that is not needed
  kWarning,  // it works, but slower or less well than it could
  kError,    // no container can be started
};
struct Finding {
  std::string name;
  Verdict verdict = Verdict::kOk;
  std::string detail;
  std::string fix;  // what would mend it, as hints say it ("run modprobe overlay"); may be empty
};

class Driver {
 public:
  virtual ~Driver() = default;

  // The table [hypervisor.NAME] of the configuration, lower case.
  virtual std::string_view name() const = 0;
  // What its machines can do at most; Vm::capabilities() says what one can do with its configuration.
  virtual Capabilities capabilities() const = 0;

  // The keys that only this driver has, and the struct that they fill, at their defaults. None, by itself.
  virtual std::span<const OwnKey> keys() const { return {}; }
  virtual std::unique_ptr<Settings> settings() const { return nullptr; }

  // Its binary's file name, and the command that installs it.
  virtual std::string_view program() const = 0;
  virtual std::string how_to_install() const = 0;
  // The configured binary (`path` has a slash), or the first of that name, or of program() when `path` is empty, in
  // $PATH and then in program_directories().
  Result<std::string> find_program(const std::string& path) const;
  // What the binary says about itself, in one line, with its name and version. Runs it, for seconds at
  // the most.
  virtual Result<std::string> version(const std::string& path) const = 0;

  // What it needs of this host besides what every VMM does: its binary, firmware, a kernel of its format. `config` has
  // the files and the driver's own settings. Starts nothing but the binary, to ask for its version; changes nothing.
  virtual std::vector<Finding> check_host(const VmConfig& config) const = 0;

  // What a machine costs the host beside its guest's memory at the most, in MiB; with the shim and the daemons.
  virtual uint64_t overhead_mib() const = 0;

  // Checks the configuration (files, sizes) and starts nothing.
  virtual Result<std::unique_ptr<Vm>> create(VmConfig config) const = 0;

  // What is equal in two configurations when one can go on from the saved machine of the other: the hardware, the
  // kernel and its command line, and the files that went into it (by inode, size and time). A text of many lines, for
  // a hash. Names, directories and what is plugged in are not in it; `savable` and `saved` neither. kUnimplemented
  // (also what this does by itself) when the driver cannot save machines.
  virtual Result<std::string> clone_key(const VmConfig& config) const;
};

// Where VMMs are looked for besides $PATH, each with a slash at its end.
std::span<const std::string_view> program_directories();

}  // namespace kata::hypervisor
