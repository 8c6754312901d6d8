#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/config/config.h"
#include "runtime/config/kernel_params.h"
#include "runtime/config/resolve.h"
#include "runtime/config/test_config.h"

namespace kata::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kHypervisor = "io.katacontainers.config.hypervisor.";
const std::string kRuntime = "io.katacontainers.config.runtime.";
const std::string kAgent = "io.katacontainers.config.agent.";

class Annotations : public Directory {
 protected:
  void SetUp() override {
    Directory::SetUp();
    auto loaded = load(write("configuration.toml", "[hypervisor.qemu]\nkernel_params = \"a=1 b\"\n"));
    ASSERT_TRUE(loaded.ok()) << loaded.error().text();
    config_ = *loaded;
  }
  std::string set(const std::string& name, const std::string& value) {
    auto result = apply_annotations(config_, {{name, value}});
    return result ? "" : result.error().text();
  }
  void allow_all() { config_.hypervisor.enable_annotations = {".*"}; }
  Config config_;
};

TEST_F(Annotations, OthersAreNotOurs) {
  EXPECT_EQ(set("io.kubernetes.cri.container-type", "sandbox"), "");
  EXPECT_EQ(set("io.katacontainers.rootfs.embedded", "busybox"), "");
  EXPECT_THAT(config_.warnings, IsEmpty());
}

TEST_F(Annotations, NotEnabledNamesTheKeyThatAllowsIt) {
  auto error = set(kHypervisor + "machine_type", "pc");
  EXPECT_THAT(error, HasSubstr("annotation io.katacontainers.config.hypervisor.machine_type is not enabled"));
  EXPECT_THAT(error, HasSubstr("\"machine_type\" to enable_annotations of [hypervisor.qemu] in " + path_));
  EXPECT_THAT(error, HasSubstr("pod_annotations"));
  EXPECT_EQ(value_in_use(config_, "machine_type"), "q35");
}

TEST_F(Annotations, AFileThatOpensArgumentsOrFilesIsWarnedAbout) {
  EXPECT_TRUE(warn_of_open_annotations(config_).ok());
  EXPECT_THAT(config_.warnings, IsEmpty()) << "the defaults open none";
  config_.hypervisor.enable_annotations = {"^virtio_fs_extra_args$", "^kernel$", "default_vcpus"};
  config_.hypervisor.valid_guest_paths = {};
  EXPECT_TRUE(warn_of_open_annotations(config_).ok());
  EXPECT_THAT(config_.warnings, ElementsAre(testing::EndsWith("within what is allowed: virtio_fs_extra_args")))
      << "no pattern allows a kernel";
  config_.warnings.clear();
  config_.hypervisor.valid_guest_paths = {"/opt/kernels/*"};
  EXPECT_TRUE(warn_of_open_annotations(config_).ok());
  EXPECT_THAT(config_.warnings, ElementsAre(HasSubstr("kernel, virtio_fs_extra_args")));
  config_.hypervisor.enable_annotations = {"("};
  EXPECT_FALSE(warn_of_open_annotations(config_).ok());
}

TEST_F(Annotations, EmptyListAllowsNothing) {
  config_.hypervisor.enable_annotations = {};
  EXPECT_THAT(set(kHypervisor + "default_memory", "1024"), HasSubstr("is not enabled"));
}

TEST_F(Annotations, PatternsAreSearched) {
  config_.hypervisor.enable_annotations = {"^default_(vcpus|memory)$"};
  EXPECT_EQ(set(kHypervisor + "default_memory", "1024"), "");
  EXPECT_EQ(config_.hypervisor.default_memory, 1024U);
  EXPECT_THAT(set(kHypervisor + "default_max_vcpus", "1"), HasSubstr("is not enabled"));
  config_.hypervisor.enable_annotations = {"("};
  EXPECT_THAT(set(kHypervisor + "default_memory", "1024"), HasSubstr("\"(\" is not a regular expression"));
}

TEST_F(Annotations, Values) {
  allow_all();
  EXPECT_EQ(set(kHypervisor + "default_vcpus", "1"), "");
  EXPECT_EQ(set(kHypervisor + "default_max_vcpus", "1"), "");
  EXPECT_EQ(set(kHypervisor + "shared_fs", "none"), "");
  EXPECT_EQ(set(kHypervisor + "reclaim_guest_freed_memory", "F"), "");
  EXPECT_EQ(set(kRuntime + "disable_guest_seccomp", "True"), "");
  EXPECT_EQ(set(kRuntime + "create_container_timeout", "90"), "");
  EXPECT_EQ(set(kAgent + "kernel_modules", "e1000e EEE=1 ; i915"), "");
  EXPECT_EQ(config_.hypervisor.default_maxvcpus, 1U);
  EXPECT_EQ(config_.hypervisor.shared_fs, SharedFs::kNone);
  EXPECT_FALSE(config_.hypervisor.reclaim_guest_freed_memory);
  EXPECT_TRUE(config_.runtime.disable_guest_seccomp);
  EXPECT_EQ(config_.runtime.create_container_timeout, 90U);
  EXPECT_THAT(config_.agent.kernel_modules, ElementsAre("e1000e EEE=1", "i915"));
}

TEST_F(Annotations, WrongValues) {
  allow_all();
  EXPECT_THAT(set(kHypervisor + "default_vcpus", "two"), HasSubstr("expected a number, found \"two\""));
  EXPECT_THAT(set(kHypervisor + "default_vcpus", "100000"), HasSubstr("CPUs of this host"));
  EXPECT_THAT(set(kHypervisor + "memory_slots", "-1"), HasSubstr("must be from 0 to 255"));
  EXPECT_THAT(set(kHypervisor + "memory_slots", "1x"), HasSubstr("expected an integer"));
  EXPECT_THAT(set(kHypervisor + "shared_fs", "nfs"), HasSubstr("is not one of"));
  EXPECT_THAT(set(kRuntime + "sandbox_cgroup_only", "yes"), HasSubstr("expected true or false, found \"yes\""));
  EXPECT_THAT(set(kHypervisor + "default_memory", "1000000000"), HasSubstr("the machine may have"));
}

TEST_F(Annotations, MemoryWithUnits) {
  EXPECT_EQ(set(kHypervisor + "default_memory", "1 GiB"), "");
  EXPECT_EQ(config_.hypervisor.default_memory, 1024U);
  EXPECT_EQ(set(kHypervisor + "default_memory", "300Mi"), "");
  EXPECT_EQ(config_.hypervisor.default_memory, 300U);
  const std::pair<const char*, uint64_t> kSizes[] = {{"2GB", 1907},       {"700M", 667},      {"1g", 953},
                                                     {"1.5GiB", 1536},    {" 300 mib ", 300}, {"1048576k", 1000},
                                                     {"314572800B", 300}, {"0", 512}};
  for (const auto& [text, mebibytes] : kSizes) {
    EXPECT_EQ(set(kHypervisor + "default_memory", text), "") << text;
    EXPECT_EQ(config_.hypervisor.default_memory, mebibytes) << text;
  }
  EXPECT_THAT(set(kHypervisor + "default_memory", "1 parsec"), HasSubstr("expected a size"));
  EXPECT_THAT(set(kHypervisor + "default_memory", "1.5"), HasSubstr("expected a size"));
  EXPECT_THAT(set(kHypervisor + "default_memory", "MiB"), HasSubstr("expected a size"));
  EXPECT_THAT(set(kHypervisor + "default_memory", "10k"), HasSubstr("less than one MiB"));
  EXPECT_THAT(set(kHypervisor + "default_memory", "99999999999999999999"), HasSubstr("expected a size"));
  EXPECT_THAT(set(kHypervisor + "default_memory", "9999999999999999 GiB"), HasSubstr("more memory than there is"));
}

TEST_F(Annotations, ArgumentsAreAppendedInBothForms) {
  allow_all();
  config_.hypervisor.virtio_fs_extra_args = {"-o", "xattr"};
  EXPECT_EQ(set(kHypervisor + "virtio_fs_extra_args", R"(["--log-level=debug", "-o", "cache=auto,no_flock"])"), "");
  EXPECT_EQ(set(kHypervisor + "virtio_fs_extra_args", "-f,-d"), "");
  EXPECT_THAT(config_.hypervisor.virtio_fs_extra_args,
              ElementsAre("-o", "xattr", "--log-level=debug", "-o", "cache=auto,no_flock", "-f", "-d"));
  EXPECT_THAT(set(kHypervisor + "virtio_fs_extra_args", "[1]"), HasSubstr("expected an array of strings"));
  EXPECT_THAT(set(kHypervisor + "virtio_fs_extra_args", "[\"x\""), HasSubstr("expected an array of strings"));
}

TEST_F(Annotations, AnEmptyWordOrAZeroMeansTheDefault) {
  allow_all();
  EXPECT_EQ(set(kHypervisor + "shared_fs", "none"), "");
  EXPECT_EQ(set(kHypervisor + "shared_fs", ""), "");
  EXPECT_EQ(config_.hypervisor.shared_fs, SharedFs::kAuto);
  EXPECT_EQ(set(kHypervisor + "msize_9p", "0"), "");
  EXPECT_EQ(config_.hypervisor.msize_9p, 131072U);
  EXPECT_EQ(set(kHypervisor + "default_bridges", "9"), "");
  EXPECT_EQ(value_in_use(config_, "default_bridges"), "5");
}

TEST_F(Annotations, OnlyAChangeOfWhatIsUnusedWarns) {
  allow_all();
  EXPECT_EQ(set(kHypervisor + "enable_iommu", "false"), "");
  EXPECT_EQ(set(kHypervisor + "network_queues", "1"), "");
  EXPECT_EQ(set(kHypervisor + "numa_mapping", ""), "");
  EXPECT_THAT(config_.warnings, IsEmpty());
  EXPECT_EQ(set(kHypervisor + "network_queues", "2"), "");
  EXPECT_EQ(set(kHypervisor + "numa_mapping", "0"), "");
  EXPECT_THAT(config_.warnings, ElementsAre(HasSubstr("network_queues"), HasSubstr("numa_mapping")));
}

TEST_F(Annotations, KernelParametersAreMerged) {
  EXPECT_EQ(set(kHypervisor + "kernel_params", "c a=2"), "");
  EXPECT_EQ(config_.hypervisor.kernel_params, "b c a=2");
}

TEST_F(Annotations, PathsNeedAPattern) {
  allow_all();
  EXPECT_THAT(set(kHypervisor + "path", "/bin/sh"), HasSubstr("add it to valid_hypervisor_paths"));
  config_.hypervisor.valid_hypervisor_paths = {"/opt/*/qemu-*"};
  EXPECT_EQ(set(kHypervisor + "path", "/opt/mine/qemu-x"), "");
  EXPECT_EQ(config_.hypervisor.path, "/opt/mine/qemu-x");
  EXPECT_THAT(set(kHypervisor + "path", "/opt/a/b/qemu-x"), HasSubstr("not an allowed path"));
  EXPECT_EQ(set(kHypervisor + "entropy_source", "/dev/random"), "");
  EXPECT_THAT(set(kHypervisor + "entropy_source", "/etc/passwd"), HasSubstr("valid_entropy_sources"));
}

// CVE-2026-44210 of upstream: the host's root file system, to be written to.
TEST_F(Annotations, ADaemonServesWhatTheHostSays) {
  allow_all();
  for (const auto* text :
       {"-o,source=/", "-osource=/", R"(["-o", "cache=auto,source=/"])", "--shared-dir=/", "--shared-dir,/",
        "--sandbox=none", "--seccomp=none", "--socket-path=/tmp/x", "--fd=0", "-o,modcaps=+sys_admin",
        "--cache,auto\\,source=/", "--cache=/", R"(["--cache", "x,source=/"])", "/etc",
        "--xattrmap=:map::user.:", "--translate-uid=map:0:0:1", "--no-shared-dir=/"}) {
    EXPECT_THAT(set(kHypervisor + "virtio_fs_extra_args", text), HasSubstr("may not come from an annotation")) << text;
  }
  EXPECT_THAT(config_.hypervisor.virtio_fs_extra_args, IsEmpty());
  EXPECT_EQ(set(kHypervisor + "virtio_fs_extra_args", "--thread-pool-size,4,--no-announce-submounts"), "");
}

TEST_F(Annotations, AVmmsArgumentsAreOfAClosedList) {
  allow_all();
  EXPECT_THAT(set(kHypervisor + "machine_accelerators", "dumpdtb=/etc/x"),
              HasSubstr("may not come from an annotation"));
  EXPECT_THAT(set(kHypervisor + "machine_type", "q35,dumpdtb=/etc/x"), HasSubstr("may not come from an annotation"));
  EXPECT_THAT(set(kHypervisor + "cpu_features", "pmu=off,vendor=x"), HasSubstr("may not come from an annotation"));
  EXPECT_EQ(set(kHypervisor + "cpu_features", "pmu=off"), "");
}

TEST_F(Annotations, WhatTheVmmReadsComesFromTheGuestsDirectories) {
  allow_all();
  for (const auto* key : {"kernel", "initrd", "image", "firmware"}) {
    EXPECT_THAT(set(kHypervisor + key, "/etc/shadow"), HasSubstr("add it to valid_guest_paths")) << key;
  }
  EXPECT_THAT(set(kHypervisor + "kernel", "/opt/kata/share/kata-containers/../../x"), HasSubstr("not an allowed path"));
  config_.hypervisor.valid_guest_paths = {"/opt/*/x"};
  EXPECT_THAT(set(kHypervisor + "kernel", "/opt/../x"), HasSubstr("not an allowed path"));
  auto own = config_.hypervisor.kernel;
  EXPECT_EQ(set(kHypervisor + "kernel", "/opt/a/x"), "");
  EXPECT_EQ(set(kHypervisor + "kernel", "/opt/a/x"), "") << own;
}

TEST_F(Annotations, ImageReplacesInitrd) {
  allow_all();
  config_.hypervisor.valid_guest_paths = {"/image"};
  EXPECT_EQ(set(kHypervisor + "image", "/image"), "");
  EXPECT_EQ(config_.hypervisor.image, "/image");
  EXPECT_EQ(config_.hypervisor.initrd, "");
}

TEST_F(Annotations, UnusedAndUnknown) {
  allow_all();
  EXPECT_EQ(set(kHypervisor + "enable_hugepages", "true"), "");
  EXPECT_EQ(set(kHypervisor + "frobnicate", "true"), "");
  EXPECT_EQ(set(kHypervisor + "virtio_fs_cache", "never"), "");
  EXPECT_THAT(
      config_.warnings,
      ElementsAre("annotation io.katacontainers.config.hypervisor.enable_hugepages is not supported yet, ignored",
                  "annotation io.katacontainers.config.hypervisor.frobnicate is not known, ignored"));
}

TEST_F(Annotations, IntegrityIsNotIgnored) {
  allow_all();
  EXPECT_THAT(set(kHypervisor + "kernel_hash", "00"), HasSubstr("ignoring it would not be safe"));
  EXPECT_THAT(set(kHypervisor + "cc_init_data", "x"), HasSubstr("ignoring it would not be safe"));
  EXPECT_THAT(set(kAgent + "policy", "x"), HasSubstr("ignoring it would not be safe"));
}

TEST(KernelParams, LastOneOfANameWins) {
  EXPECT_EQ(merge_kernel_params("", ""), "");
  EXPECT_EQ(merge_kernel_params("quiet panic=1", "panic=0"), "quiet panic=0");
  EXPECT_EQ(merge_kernel_params("  a  ", " b "), "a b");
  EXPECT_EQ(merge_kernel_params("x=\"1 2\" y", "z=\"3 4\""), "x=\"1 2\" y z=\"3 4\"");
}

}  // namespace
}  // namespace kata::config
