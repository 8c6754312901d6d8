#include "runtime/storage/cgroup_binds.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/base/concat.h"

namespace kata::storage {
namespace {

void add(grpc::Spec& spec, const std::string& type, const std::string& source, const std::string& destination,
         const std::vector<std::string>& options) {
  auto& mount = *spec.add_mounts();
  mount.set_type(type);
  mount.set_source(source);
  mount.set_destination(destination);
  mount.mutable_options()->Add(options.begin(), options.end());
}

std::string text_of(const grpc::Spec& spec) {
  std::string out;
  for (const auto& mount : spec.mounts()) {
    out += concat(mount.type(), " ", mount.source(), " ", mount.destination());
    for (const auto& option : mount.options()) out += " " + option;
    out += "\n";
  }
  return out;
}

// What Podman writes for --systemd=always on a host with version 1.
TEST(CgroupBinds, OneBelowTheContainersOwnIsLeftOutAndMakesThemWritable) {
  grpc::Spec spec;
  add(spec, "cgroup", "cgroup", "/sys/fs/cgroup", {"rprivate", "nosuid", "noexec", "nodev", "relatime", "ro"});
  add(spec, "bind", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/systemd", {"bind", "nodev", "noexec", "nosuid"});
  replace_cgroup_binds(spec);
  EXPECT_EQ(text_of(spec), "cgroup cgroup /sys/fs/cgroup rprivate nosuid noexec nodev relatime\n");
}

TEST(CgroupBinds, AReadOnlyOneLeavesThemReadOnly) {
  grpc::Spec spec;
  add(spec, "cgroup2", "cgroup", "/sys/fs/cgroup", {"ro"});
  add(spec, "bind", "/sys/fs/cgroup/memory/x", "/sys/fs/cgroup/memory", {"rbind", "ro"});
  replace_cgroup_binds(spec);
  EXPECT_EQ(text_of(spec), "cgroup2 cgroup /sys/fs/cgroup ro\n");
}

TEST(CgroupBinds, ElsewhereTheContainersOwnAreMounted) {
  grpc::Spec spec;
  add(spec, "cgroup", "cgroup", "/sys/fs/cgroup", {"ro"});
  add(spec, "bind", "/sys/fs/cgroup/unified", "/host/cgroup", {"rbind", "ro"});
  add(spec, "", "/sys/fs/cgroup/cpu,cpuacct/", "/sys/fs", {"bind", "nosuid"});
  replace_cgroup_binds(spec);
  EXPECT_EQ(text_of(spec),
            "cgroup cgroup /sys/fs/cgroup ro\n"
            "cgroup cgroup /host/cgroup ro\n"
            "cgroup cgroup /sys/fs nosuid\n");
}

TEST(CgroupBinds, WhatTheGuestHasIsLeftAlone) {
  grpc::Spec spec;
  add(spec, "bind", "/sys/fs/cgroup", "/sys/fs/cgroup", {"rbind"});
  add(spec, "bind", "/sys/fs/cgroup2", "/x", {"rbind"});
  add(spec, "tmpfs", "/sys/fs/cgroup/systemd", "/y", {"size=1k"});
  auto before = text_of(spec);
  replace_cgroup_binds(spec);
  EXPECT_EQ(text_of(spec), before);
}

}  // namespace
}  // namespace kata::storage
