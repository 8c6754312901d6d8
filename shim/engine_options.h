// The options of a runtime, as an engine hands them over with each container.
#pragma once

#include <google/protobuf/any.pb.h>

#include <string>

namespace kata::shim {

struct EngineOptions {
  std::string config;  // configuration file; empty: none is named
  bool no_new_keyring = false;
};

// Ours (runtimeoptions.v1) and runc's (containerd.runc.v1), which engines give to any runtime; of the latter, what is
// not above means nothing in a virtual machine. Others, and malformed ones, say nothing.
EngineOptions engine_options(const google::protobuf::Any& options);

}  // namespace kata::shim
