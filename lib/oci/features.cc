#include "lib/oci/features.h"

#include "lib/oci/mount_options.h"
#include "lib/oci/scheduling.h"
#include "lib/oci/version.h"
#include "lib/text/json.h"

namespace kata::oci {

namespace {

constexpr std::string_view kHooks[] = {"prestart",       "createRuntime", "createContainer",
                                       "startContainer", "poststart",     "poststop"};

constexpr std::string_view kNamespaces[] = {"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"};

constexpr std::string_view kCapabilities[] = {"CAP_CHOWN",
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

constexpr std::string_view kSeccompActions[] = {"SCMP_ACT_ALLOW",        "SCMP_ACT_ERRNO",       "SCMP_ACT_KILL",
                                                "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",
                                                "SCMP_ACT_TRACE",        "SCMP_ACT_TRAP"};

constexpr std::string_view kSeccompOperators[] = {"SCMP_CMP_EQ", "SCMP_CMP_GE",        "SCMP_CMP_GT", "SCMP_CMP_LE",
                                                  "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"};

// Those with the byte order of our processors: there is no filter for both.
constexpr std::string_view kSeccompArchitectures[] = {
    "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM",     "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
    "SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64", "SCMP_ARCH_X32",    "SCMP_ARCH_X86",      "SCMP_ARCH_X86_64"};

constexpr std::string_view kSeccompFlags[] = {"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
                                              "SECCOMP_FILTER_FLAG_TSYNC"};

// Annotations of a container that change what runs on the host: who lets strangers write them has to know.
constexpr std::string_view kUnsafeAnnotations[] = {"io.katacontainers."};

template <typename Texts>
void write(JsonWriter& json, const char* name, const Texts& values) {
  json.begin_array(name);
  for (const auto& value : values) json.value(std::string_view(value));
  json.end_array();
}

void write_switch(JsonWriter& json, const char* name, bool enabled) {
  json.begin_object(name).field("enabled", enabled).end_object();
}

// Of the host, where the pod's processes are. In the guest there is version 2 only.
void write_cgroup(JsonWriter& json) {
  json.begin_object("cgroup")
      .field("v1", true)
      .field("v2", true)
      .field("systemd", true)
      .field("systemdUser", false)
      .field("rdma", false)
      .end_object();
}

void write_seccomp(JsonWriter& json) {
  json.begin_object("seccomp").field("enabled", true);
  write(json, "actions", kSeccompActions);
  write(json, "operators", kSeccompOperators);
  write(json, "archs", kSeccompArchitectures);
  write(json, "knownFlags", kSeccompFlags);
  write(json, "supportedFlags", kSeccompFlags);
  json.end_object();
}

void write_linux(JsonWriter& json) {
  json.begin_object("linux");
  write(json, "namespaces", kNamespaces);
  write(json, "capabilities", kCapabilities);
  write_cgroup(json);
  write_seccomp(json);
  for (const char* module : {"apparmor", "selinux", "intelRdt", "netDevices"}) write_switch(json, module, false);
  json.begin_object("memoryPolicy");
  write(json, "modes", memory_mode_names());
  write(json, "flags", memory_flag_names());
  json.end_object();
  json.begin_object("mountExtensions");
  write_switch(json, "idmap", true);
  json.end_object();
  json.end_object();
}

}  // namespace

Names hook_names() { return kHooks; }
Names namespace_names() { return kNamespaces; }
Names capability_names() { return kCapabilities; }
Names seccomp_actions() { return kSeccompActions; }
Names seccomp_operators() { return kSeccompOperators; }
Names seccomp_architectures() { return kSeccompArchitectures; }
Names seccomp_flags() { return kSeccompFlags; }

std::string features_json(std::string_view version) {
  JsonWriter json;
  json.begin_object().field("ociVersionMin", kOldestVersion).field("ociVersionMax", kNewestVersion);
  write(json, "hooks", kHooks);
  write(json, "mountOptions", mount_option_names());
  write_linux(json);
  json.begin_object("annotations")
      .field("io.katacontainers.version", version)
      .field("org.opencontainers.runc.checkpoint.enabled", "false")
      .end_object();
  write(json, "potentiallyUnsafeConfigAnnotations", kUnsafeAnnotations);
  json.end_object();
  return json.text();
}

}  // namespace kata::oci
