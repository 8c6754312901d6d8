// One mount of the specification, made inside a root file system that is not yet the root.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/root_path.h"

namespace kata::agent {

struct MountContext {
  const sys::RootPath* root = nullptr;
  std::string cgroup_directory;  // the container's own, bound when cgroup2 cannot be mounted
};

// Mount points are made when missing: a file for a file, a directory for everything else. The caller
// is in the container's namespaces and still sees the guest's /proc and the mount's source.
Result<> make_mount(const MountContext& context, const grpc::Mount& mount);

// A bind mount hiding part of /proc may only cover what cannot fool a security module
// (CVE-2019-16884); `place` is the resolved destination, "/proc/uptime". Pure.
Result<> check_proc_destination(const std::string& place);

// A read-only /dev gets its device nodes first: make_mount() leaves it writable and this ends it.
bool is_deferred_readonly(const grpc::Mount& mount);

}  // namespace kata::agent
