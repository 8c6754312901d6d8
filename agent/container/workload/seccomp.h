// System call filters (seccomp(2)), built from linux.seccomp with libseccomp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// Not thread-safe. Building changes nothing; load() is for the calling thread and cannot be undone.
class SeccompFilter {
 public:
  // System calls and architectures that this libseccomp does not know are skipped, flags with a warning.
  static Result<std::unique_ptr<SeccompFilter>> create(const grpc::LinuxSeccomp& config,
                                                       std::vector<std::string>& warnings);
  ~SeccompFilter();
  SeccompFilter(const SeccompFilter&) = delete;
  SeccompFilter& operator=(const SeccompFilter&) = delete;

  // Needs no_new_privs, or CAP_SYS_ADMIN.
  Result<> load();
  // The BPF program, for tests.
  Result<> export_to(int fd) const;

 private:
  explicit SeccompFilter(void* context) : context_(context) {}
  Result<> set_architectures(const grpc::LinuxSeccomp& config, std::vector<std::string>& warnings);
  Result<> set_flags(const grpc::LinuxSeccomp& config, std::vector<std::string>& warnings);
  Result<> add_rules(const grpc::LinuxSeccomp& config, uint32_t default_action, std::vector<std::string>& warnings);

  void* context_;  // scmp_filter_ctx
};

}  // namespace kata::agent
