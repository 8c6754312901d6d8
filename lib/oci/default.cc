// What `kata-runtime spec` writes: the start that runc's users know.
#include "lib/oci/json.h"
#include "lib/oci/version.h"
#include "lib/proto/oci.pb.h"

namespace kata::oci {

namespace {

using Words = std::initializer_list<const char*>;

void add_mount(grpc::Spec& spec, const char* destination, const char* type, const char* source, Words options) {
  auto* mount = spec.add_mounts();
  mount->set_destination(destination);
  mount->set_type(type);
  mount->set_source(source);
  for (const char* option : options) mount->add_options(option);
}

void add_mounts(grpc::Spec& spec) {
  add_mount(spec, "/proc", "proc", "proc", {});
  add_mount(spec, "/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"});
  add_mount(spec, "/dev/pts", "devpts", "devpts",
            {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"});
  add_mount(spec, "/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"});
  add_mount(spec, "/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"});
  add_mount(spec, "/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"});
  add_mount(spec, "/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"});
}

void fill_process(grpc::Process& process) {
  process.set_terminal(true);
  process.mutable_user();
  process.add_args("sh");
  process.add_env("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  process.add_env("TERM=xterm");
  process.set_cwd("/");
  for (const char* name : {"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"}) {
    process.mutable_capabilities()->add_bounding(name);
    process.mutable_capabilities()->add_effective(name);
    process.mutable_capabilities()->add_permitted(name);
  }
  auto* limit = process.add_rlimits();
  limit->set_type("RLIMIT_NOFILE");
  limit->set_hard(1024);
  limit->set_soft(1024);
  process.set_nonewprivileges(true);
}

void fill_linux(grpc::Linux& linux) {
  auto* rule = linux.mutable_resources()->add_devices();
  rule->set_access("rwm");
  rule->set_major(-1);
  rule->set_minor(-1);
  for (const char* type : {"pid", "network", "ipc", "uts", "mount", "cgroup"}) {
    linux.add_namespaces()->set_type(type);
  }
  for (const char* path :
       {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"}) {
    linux.add_maskedpaths(path);
  }
  for (const char* path : {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}) {
    linux.add_readonlypaths(path);
  }
}

}  // namespace

grpc::Spec default_spec() {
  grpc::Spec spec;
  spec.set_version(kBundleVersion);
  fill_process(*spec.mutable_process());
  spec.mutable_root()->set_path("rootfs");
  spec.mutable_root()->set_readonly(true);
  spec.set_hostname("kata");
  add_mounts(spec);
  fill_linux(*spec.mutable_linux());
  return spec;
}

}  // namespace kata::oci
