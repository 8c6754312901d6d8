// `features`: https://github.com/opencontainers/runtime-spec/blob/main/features.md
// It tells what the agent of this build does in the guest; the tables that say so are
// agent/container/{isolation/namespaces,workload/capabilities,workload/seccomp}.cc.
#include <initializer_list>

#include "cli/container/globals.h"
#include "cli/host/about.h"
#include "cli/output/output.h"
#include "lib/oci/mount_options.h"
#include "lib/oci/version.h"
#include "lib/text/json.h"

namespace kata::cli {

namespace {

using Names = std::initializer_list<const char*>;

constexpr Names kHooks = {"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"};

constexpr Names kNamespaces = {"cgroup", "ipc", "mount", "network", "pid", "user", "uts"};

constexpr Names kCapabilities = {"CAP_CHOWN",
                                 "CAP_DAC_OVERRIDE",
                                 "CAP_DAC_READ_SEARCH",
                                 "CAP_FOWNER",
                                 "CAP_FSETID",
                                 "CAP_KILL",
                                 "CAP_SETGID",
                                 "CAP_SETUID",
                                 "CAP_SETPCAP",
                                 "CAP_LINUX_IMMUTABLE",
                                 "CAP_NET_BIND_SERVICE",
                                 "CAP_NET_BROADCAST",
                                 "CAP_NET_ADMIN",
                                 "CAP_NET_RAW",
                                 "CAP_IPC_LOCK",
                                 "CAP_IPC_OWNER",
                                 "CAP_SYS_MODULE",
                                 "CAP_SYS_RAWIO",
                                 "CAP_SYS_CHROOT",
                                 "CAP_SYS_PTRACE",
                                 "CAP_SYS_PACCT",
                                 "CAP_SYS_ADMIN",
                                 "CAP_SYS_BOOT",
                                 "CAP_SYS_NICE",
                                 "CAP_SYS_RESOURCE",
                                 "CAP_SYS_TIME",
                                 "CAP_SYS_TTY_CONFIG",
                                 "CAP_MKNOD",
                                 "CAP_LEASE",
                                 "CAP_AUDIT_WRITE",
                                 "CAP_AUDIT_CONTROL",
                                 "CAP_SETFCAP",
                                 "CAP_MAC_OVERRIDE",
                                 "CAP_MAC_ADMIN",
                                 "CAP_SYSLOG",
                                 "CAP_WAKE_ALARM",
                                 "CAP_BLOCK_SUSPEND",
                                 "CAP_AUDIT_READ",
                                 "CAP_PERFMON",
                                 "CAP_BPF",
                                 "CAP_CHECKPOINT_RESTORE"};

constexpr Names kSeccompActions = {"SCMP_ACT_ALLOW",       "SCMP_ACT_ERRNO", "SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS",
                                   "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",   "SCMP_ACT_TRACE", "SCMP_ACT_TRAP"};

constexpr Names kSeccompOperators = {"SCMP_CMP_EQ", "SCMP_CMP_GE",        "SCMP_CMP_GT", "SCMP_CMP_LE",
                                     "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"};

constexpr Names kSeccompArchitectures = {
    "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM",      "SCMP_ARCH_MIPS",        "SCMP_ARCH_MIPS64",  "SCMP_ARCH_MIPS64N32",
    "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64",
    "SCMP_ARCH_PPC",     "SCMP_ARCH_PPC64",    "SCMP_ARCH_PPC64LE",     "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390",
    "SCMP_ARCH_S390X",   "SCMP_ARCH_X32",      "SCMP_ARCH_X86",         "SCMP_ARCH_X86_64"};

template <typename Texts>
void write(JsonWriter& json, const char* name, const Texts& values) {
  json.begin_array(name);
  for (const auto& value : values) json.value(value);
  json.end_array();
}

void write_seccomp(JsonWriter& json) {
  json.begin_object("seccomp").field("enabled", true);
  write(json, "actions", kSeccompActions);
  write(json, "operators", kSeccompOperators);
  write(json, "archs", kSeccompArchitectures);
  json.end_object();
}

}  // namespace

Result<int> run_features() {
  JsonWriter json;
  json.begin_object().field("ociVersionMin", oci::kOldestVersion).field("ociVersionMax", oci::kVersion);
  write(json, "hooks", kHooks);
  write(json, "mountOptions", oci::mount_option_names());
  json.begin_object("linux");
  write(json, "namespaces", kNamespaces);
  write(json, "capabilities", kCapabilities);
  // Of the host. In the guest there is version 2 only.
  json.begin_object("cgroup")
      .field("v1", true)
      .field("v2", true)
      .field("systemd", true)
      .field("systemdUser", false)
      .field("rdma", false)
      .end_object();
  write_seccomp(json);
  json.begin_object("apparmor").field("enabled", false).end_object();
  json.begin_object("selinux").field("enabled", false).end_object();
  json.begin_object("intelRdt").field("enabled", false).end_object();
  json.end_object();
  json.begin_object("annotations")
      .field("io.katacontainers.version", KATA_VERSION)
      .field("org.opencontainers.runc.checkpoint.enabled", "false")
      .end_object()
      .end_object();
  TRY(print(json.text() + "\n"));
  return 0;
}

}  // namespace kata::cli
