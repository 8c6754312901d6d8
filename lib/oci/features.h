// What this runtime does of the specification: the one source of `kata-runtime features`, and of what containerd is
// told. Most of it happens in the guest: the tests features_test.cc of agent/container and agent/container/workload
// compare each word with what the agent makes of it.
// https://github.com/opencontainers/runtime-spec/blob/main/features.md
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace kata::oci {

using Names = std::span<const std::string_view>;

Names hook_names();
Names namespace_names();
Names capability_names();
Names seccomp_actions();
Names seccomp_operators();
Names seccomp_architectures();
Names seccomp_flags();

// `version` is the runtime's own.
std::string features_json(std::string_view version);

}  // namespace kata::oci
