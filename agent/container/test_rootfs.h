// A root file system of busybox and a specification that fits it, for tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "agent/container/container.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {

class TestRoot {
 public:
  static bool possible() { return ::geteuid() == 0 && !cgroup_mount().empty() && sys::exists("/bin/busybox"); }

  TestRoot() {
    for (const char* name : {"bin", "proc", "sys", "dev", "etc", "tmp", "root"}) {
      ignore(sys::make_directories(concat(rootfs(), "/", name)));
    }
    ignore(sys::write_file(rootfs() + "/bin/busybox", *sys::read_file("/bin/busybox"), 0755));
    for (const char* name : {"sh",  "cat",  "echo", "sleep",    "true",  "id",   "pwd",      "head", "seq",   "yes",
                             "tty", "stty", "ls",   "mount",    "touch", "stat", "hostname", "grep", "mkdir", "env",
                             "wc",  "test", "ip",   "readlink", "tr",    "sort", "kill",     "chown"}) {
      ignore(::symlink("busybox", concat(rootfs(), "/bin/", name).c_str()) == 0
                 ? Result<>{}
                 : Result<>{Error::sys(errno, "symlink", name)});
    }
    ignore(
        sys::write_file(rootfs() + "/etc/passwd", "root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n"));
    cgroup_root_ = concat(cgroup_mount(), "/kata-test-", ::getpid());
    ignore(sys::make_directories(cgroup_root_));
  }

  ~TestRoot() {
    ignore(sys::remove_directory(cgroup_root_));
    EXPECT_FALSE(sys::exists(cgroup_root_)) << "a cgroup was left behind";
  }

  std::string rootfs() const { return directory_ + "/rootfs"; }
  const std::string& directory() const { return directory_; }
  const std::string& cgroup_root() const { return cgroup_root_; }

  ContainerConfig config(std::vector<std::string> args) const {
    ContainerConfig out;
    out.id = "c1";
    out.exec_id = "c1";
    out.cgroup_root = cgroup_root_;
    auto& spec = out.spec;
    spec.mutable_root()->set_path(rootfs());
    for (auto& arg : args) spec.mutable_process()->add_args(arg);
    spec.mutable_process()->set_cwd("/");
    spec.mutable_process()->add_env("PATH=/bin");
    add_all_capabilities(*spec.mutable_process()->mutable_capabilities());
    for (const char* type : {"pid", "mount", "uts", "ipc"}) spec.mutable_linux()->add_namespaces()->set_type(type);
    add_mount(spec, "proc", "proc", "/proc", {});
    add_mount(spec, "tmpfs", "tmpfs", "/dev", {"nosuid", "strictatime", "mode=755", "size=65536k"});
    add_mount(spec, "devpts", "devpts", "/dev/pts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"});
    add_mount(spec, "sysfs", "sysfs", "/sys", {"nosuid", "noexec", "nodev", "ro"});
    add_mount(spec, "cgroup", "cgroup", "/sys/fs/cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"});
    return out;
  }

  static void add_mount(grpc::Spec& spec, const std::string& type, const std::string& source,
                        const std::string& destination, const std::vector<std::string>& options) {
    auto& mount = *spec.add_mounts();
    mount.set_type(type);
    mount.set_source(source);
    mount.set_destination(destination);
    for (const auto& option : options) mount.add_options(option);
  }

  static void add_all_capabilities(grpc::LinuxCapabilities& sets) {
    for (const char* name : {"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW",
                             "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
                             "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE"}) {
      sets.add_bounding(name);
      sets.add_effective(name);
      sets.add_permitted(name);
    }
  }

  // The first cgroup2 mount: /sys/fs/cgroup, or /sys/fs/cgroup/unified on a hybrid host.
  static std::string cgroup_mount() {
    for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      if (sys::exists(std::string(path) + "/cgroup.controllers")) return path;
    }
    return {};
  }

 private:
  TempDir temporary_;
  std::string directory_ = temporary_.path();
  std::string cgroup_root_;
};

}  // namespace kata::agent
