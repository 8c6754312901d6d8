// What the environment asks for. The variables' names are those of upstream's installer, so that its manifests work.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace kata::deploy {

struct Settings {
  std::vector<std::string> shims;  // empty: all that the payload has
  std::string default_shim;        // empty: the first one
  bool debug = false;
  bool runtime_classes = false;                                 // make one for each shim
  bool default_runtime_class = false;                           // and "kata", for the default one
  std::string overhead_memory, overhead_cpu;                    // of the RuntimeClasses; empty: none is said
  std::map<std::string, std::vector<std::string>> annotations;  // by shim: what more of it annotations may set
  std::map<std::string, std::string> snapshotters;              // by shim
  std::string prefix = "/opt/kata";                             // on the host, with the suffix
  std::string suffix;                                           // of handlers too; empty: none
  std::string distribution;                                     // k8s, k3s, rke2, k0s or microk8s
  std::string node;                                             // empty: nobody to be told
  std::string daemon_set, name_space;                           // who runs us
  bool is_last = false;                                         // nothing comes behind this clean-up
  std::vector<std::string> notes;                               // what was asked for and has no effect here

  std::string handler(const std::string& shim) const;  // "kata-SHIM", "kata-SHIM-SUFFIX"
};

// The value of a variable; empty: it is not set.
using Environment = std::function<std::string(const std::string&)>;
std::string environment(const std::string& name);  // this process'

// `machine` as uname(2) says it: SHIMS_X86_64 wins over SHIMS.
Result<Settings> read_settings(const Environment& variable, std::string_view machine);

}  // namespace kata::deploy
