// The OCI runtime specification's JSON, to and from the agent protocol's messages, which are the
// one model of it in this project (lib/proto/oci.proto).
// https://github.com/opencontainers/runtime-spec/blob/main/config.md
//
// Every input is treated as hostile: depth and size are limited, numbers are range-checked, and an
// error names the place ("config.json: process.rlimits[2].hard: expected a number, found a string").
// Unknown keys are ignored, as the specification asks, and so are those that can have no effect in a
// virtual machine; but each is named.
//
// What the messages can't say by themselves: in device cgroup rules a major or minor of -1 is any
// number. Mount destinations come out absolute and without "." and "..".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace grpc {
class Spec;
class Process;
class LinuxResources;
}  // namespace grpc

namespace kata::oci {

// Fields that were read and have no effect, each with the reason: "process.execCPUAffinity (…)".
using Ignored = std::vector<std::string>;
// One warning that names those of which this process has not warned yet: an engine may send them with each exec.
void warn_of(const Ignored& ignored);

Result<grpc::Spec> parse_spec(std::string_view json, Ignored* ignored = nullptr);
Result<grpc::Process> parse_process(std::string_view json, Ignored* ignored = nullptr);
// What `update --resources` takes.
Result<grpc::LinuxResources> parse_resources(std::string_view json, Ignored* ignored = nullptr);

std::string to_json(const grpc::Spec& spec);
std::string to_json(const grpc::Process& process);
std::string to_json(const grpc::LinuxResources& resources);

// <bundle>/config.json. A missing bundle or file says which, and what a bundle is.
Result<grpc::Spec> load_bundle(const std::string& bundle, Ignored* ignored = nullptr);

// What `kata-runtime spec` writes: a terminal, sh, the usual mounts and masked paths.
grpc::Spec default_spec();

}  // namespace kata::oci
