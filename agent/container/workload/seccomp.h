// System call filters (seccomp(2)), built from linux.seccomp with libseccomp.
#pragma once

#include <linux/filter.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// Not thread-safe. Building changes nothing; load() is for the calling thread and cannot be undone.
class SeccompFilter {
 public:
  // System calls and architectures that this libseccomp does not know are skipped, flags with a warning. What is newer
  // than the profile: seccomp_newer.h.
  static Result<std::unique_ptr<SeccompFilter>> create(const grpc::LinuxSeccomp& config,
                                                       std::vector<std::string>& warnings);
  // Needs no_new_privs, or CAP_SYS_ADMIN.
  Result<> load();

 private:
  std::vector<sock_filter> program_;
  unsigned flags_ = 0;
};

}  // namespace kata::agent
