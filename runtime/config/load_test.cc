#include <gmock/gmock.h>

#include <thread>

#include "hypervisor/fake/driver.h"
#include "runtime/config/config.h"
#include "runtime/config/schema.h"
#include "runtime/config/search.h"
#include "runtime/config/test_config.h"

namespace kata::config {
namespace {

using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Load : public Directory {
 protected:
  Result<Config> load_text(std::string_view text) { return load(write("configuration.toml", text)); }
  std::string error_of(std::string_view text) {
    auto config = load_text(text);
    return config ? "accepted" : config.error().text();
  }
};

// The shape of the files that Kata's packages install (Go runtime, QEMU), with a device more or less.
constexpr std::string_view kGoFile = R"(
[hypervisor.qemu]
path = "/opt/kata/bin/qemu-system-x86_64"
kernel = "/opt/kata/share/kata-containers/vmlinuz.container"
image = "/opt/kata/share/kata-containers/kata-containers.img"
machine_type = "q35"
rootfs_type = "ext4"
enable_annotations = ["enable_iommu", "kernel_params", "kernel_verity_params"]
valid_hypervisor_paths = ["/opt/kata/bin/qemu-system-x86_64"]
kernel_params = "cgroup_no_v1=all systemd.unified_cgroup_hierarchy=1"
kernel_verity_params = ""
firmware = ""
firmware_volume = ""
machine_accelerators = ""
seccompsandbox = ""
cpu_features = "pmu=off"
default_vcpus = 1
default_maxvcpus = 0
default_bridges = 1
default_memory = 2048
disable_block_device_use = false
shared_fs = "virtio-9p"
virtio_fs_daemon = "/opt/kata/libexec/virtiofsd"
valid_virtio_fs_daemon_paths = ["/opt/kata/libexec/virtiofsd"]
virtio_fs_cache_size = 0
virtio_fs_queue_size = 1024
virtio_fs_extra_args = ["--thread-pool-size=1", "--announce-submounts"]
virtio_fs_cache = "auto"
block_device_driver = "virtio-scsi"
block_device_aio = "io_uring"
enable_iothreads = false
indep_iothreads = 0
enable_vhost_user_store = false
vhost_user_store_path = "/var/run/kata-containers/vhost-user"
valid_vhost_user_store_paths = ["/var/run/kata-containers/vhost-user"]
vhost_user_reconnect_timeout_sec = 0
pflashes = []
hot_plug_vfio = "no-port"
cold_plug_vfio = "no-port"
pcie_root_port = 0
numa_mapping = []
rx_rate_limiter_max_rate = 0
tx_rate_limiter_max_rate = 0
guest_memory_dump_path = ""
guest_memory_dump_paging = false
disable_guest_selinux = true
[factory]
vm_cache_number = 0
[agent.kata]
kernel_modules = []
cdh_api_timeout = 50
dial_timeout = 45
[runtime]
internetworking_model = "tcfilter"
disable_guest_seccomp = true
enable_vcpus_pinning = false
guest_selinux_label = ""
sandbox_cgroup_only = false
static_sandbox_resource_mgmt = false
sandbox_bind_mounts = []
vfio_mode = "guest-kernel"
disable_guest_empty_dir = true
experimental = []
create_container_timeout = 60
dan_conf = "/run/kata-containers/dans"
)";

constexpr std::string_view kRustFile = R"(
[hypervisor.qemu]
path = "/opt/kata/bin/qemu-system-x86_64"
kernel = "/k"
initrd = "/i"
vm_rootfs_driver = "virtio-pmem"
default_vcpus = 0.5
overhead_vcpus = 0.2
overhead_memory = 32
hugepage_type = "hugetlbfs"
queue_size = 128
num_queues = 1
network_queues = 1
seccomp_sandbox = "on,obsolete=deny"
shared_fs = "virtio-9p"
[hypervisor.qemu.factory]
enable_template = false
[agent.kata]
dial_timeout_ms = 10
reconnect_timeout_ms = 3000
create_container_timeout = 30
cdh_api_timeout_ms = 50000
[agent.kata.mem_agent]
mem_agent_enable = false
compact_force_times = 9223372036854775807
[runtime]
name = "virt_container"
hypervisor_name = "qemu"
agent_name = "kata"
static_sandbox_resource_mgmt = true
use_passfd_io = true
)";

TEST_F(Load, GoFileAsItIs) {
  auto config = load_text(kGoFile);
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_THAT(config->warnings, IsEmpty());
  EXPECT_EQ(config->hypervisor.path, "/opt/kata/bin/qemu-system-x86_64");
  EXPECT_EQ(config->hypervisor.image, "/opt/kata/share/kata-containers/kata-containers.img");
  EXPECT_EQ(config->hypervisor.initrd, "");
  EXPECT_EQ(config->hypervisor.default_memory, 2048U);
  EXPECT_EQ(value_in_use(*config, "cpu_features"), "pmu=off");
  EXPECT_THAT(config->hypervisor.enable_annotations,
              ElementsAre("enable_iommu", "kernel_params", "kernel_verity_params"));
  EXPECT_TRUE(config->runtime.disable_guest_seccomp);
  EXPECT_EQ(config->agent.dial_timeout, 45U);
}

TEST_F(Load, RustFileAsItIs) {
  auto config = load_text(kRustFile);
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_THAT(config->warnings, IsEmpty());
  EXPECT_EQ(config->hypervisor.default_vcpus, 0.5);
  EXPECT_EQ(value_in_use(*config, "seccomp_sandbox"), "on,obsolete=deny");
  EXPECT_EQ(config->agent.dial_timeout, 10U) << "3000 ms, but at least 10 s";
  EXPECT_EQ(config->runtime.create_container_timeout, 30U);
  EXPECT_TRUE(config->runtime.static_sandbox_resource_mgmt);
}

TEST_F(Load, BothNamesOfTheSandboxKey) {
  auto config = load_text("[hypervisor.qemu]\nseccompsandbox = \"on\"\n");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(value_in_use(*config, "seccomp_sandbox"), "on");
}

TEST_F(Load, EmptyFileGivesDefaults) {
  auto config = load_text("");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(config->hypervisor.driver->name(), "qemu");
  EXPECT_EQ(config->hypervisor.default_memory, 512U);
  EXPECT_EQ(config->hypervisor.default_vcpus, 1);
  EXPECT_EQ(config->hypervisor.default_maxvcpus, std::thread::hardware_concurrency());
  EXPECT_GT(config->hypervisor.default_maxmemory, 0U);
  EXPECT_EQ(config->hypervisor.shared_fs, SharedFs::kAuto);
  EXPECT_EQ(config->hypervisor.accelerator, Accelerator::kAuto);
  EXPECT_EQ(config->hypervisor.kernel, data_directory() + "/vmlinux.container");
  EXPECT_EQ(config->hypervisor.initrd, data_directory() + "/kata-containers-initrd.img");
  EXPECT_THAT(config->hypervisor.path, HasSubstr("/qemu-system-x86_64"));
  EXPECT_EQ(config->runtime.create_container_timeout, 60U);
  EXPECT_EQ(config->runtime.internetworking_model, NetworkModel::kTcFilter);
}

TEST_F(Load, UnknownKeyIsAWarningWithItsLine) {
  auto config = load_text("[hypervisor.qemu]\nkernal = \"/k\"\n[proxy.kata]\npath = \"/p\"\n[whatever]\nx = 1\n");
  ASSERT_TRUE(config.ok()) << config.error().text();
  auto file = path_ + "/configuration.toml";
  EXPECT_THAT(config->warnings, ElementsAre(file + ":2:10: hypervisor.qemu.kernal is not a known key, ignored",
                                            file + ":4:8: proxy.kata.path is of Kata Containers 1.x, ignored",
                                            file + ":6:5: whatever.x is not a known key, ignored"));
}

TEST_F(Load, UnusedKeyWarnsOnlyWhenItAsksForSomething) {
  auto config =
      load_text("[hypervisor.qemu]\nenable_hugepages = true\nenable_iommu = false\nvirtio_fs_cache = \"never\"\n");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_THAT(config->warnings, ElementsAre(path_ + "/configuration.toml:2:20: hypervisor.qemu.enable_hugepages is not "
                                                    "supported yet, ignored"));
}

TEST_F(Load, AKeyOfAnyShapeWarnsWhenThereIsSomethingInIt) {
  EXPECT_THAT(load_text("[hypervisor.qemu]\nnuma_mapping = []\n[runtime]\nshared_mounts = []\n")->warnings, IsEmpty());
  auto config = load_text(
      "[hypervisor.qemu]\nnuma_mapping = [\"0\"]\n[[hypervisor.qemu.guest_extension_images]]\npath = \"/x\"\n"
      "[[runtime.shared_mounts]]\nname = \"x\"\n");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_THAT(config->warnings,
              ::testing::UnorderedElementsAre(HasSubstr("hypervisor.qemu.numa_mapping is not supported yet"),
                                              HasSubstr("hypervisor.qemu.guest_extension_images is not supported yet"),
                                              HasSubstr("runtime.shared_mounts is not supported yet")));
}

TEST_F(Load, WhatIsWithoutEffectWarnsWhenItIsChanged) {
  auto config = load_text(
      "[hypervisor.qemu]\nrootfs_type = \"erofs\"\nnetwork_queues = 2\nvalid_jailer_paths = [\"/x\"]\n"
      "[agent.kata]\nlaunch_process_timeout = 7\n");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_THAT(config->warnings, ::testing::UnorderedElementsAre(HasSubstr("rootfs_type"), HasSubstr("network_queues"),
                                                                HasSubstr("launch_process_timeout")));
}

// As upstream's files and code define them.
TEST_F(Load, AnEmptyWordOrAZeroMeansTheDefault) {
  auto defaults = load_text("");
  auto config = load_text(
      "[hypervisor.qemu]\nshared_fs = \"\"\nblock_device_driver = \"\"\nblock_device_aio = \"\"\n"
      "virtio_fs_cache = \"\"\nmsize_9p = 0\ndefault_bridges = 0\nvirtio_fs_queue_size = 0\n"
      "[agent.kata]\ndial_timeout = 0\n[runtime]\ninternetworking_model = \"\"\ncreate_container_timeout = 0\n");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(effective_configuration(*config), effective_configuration(*defaults));
  config = load_text("[hypervisor.qemu]\ndefault_bridges = 7\n");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(value_in_use(*config, "default_bridges"), "5");
  EXPECT_THAT(error_of("[hypervisor.qemu]\nmsize_9p = 1\n"), HasSubstr("must be from 4096"));
}

TEST_F(Load, RefusesWhatWouldBeUnsafeToIgnore) {
  EXPECT_THAT(
      error_of("[hypervisor.qemu]\nconfidential_guest = true\n"),
      HasSubstr(":2:22: hypervisor.qemu.confidential_guest: is not supported, and ignoring it would not be safe"));
  EXPECT_EQ(error_of("[hypervisor.qemu]\nconfidential_guest = false\n"), "accepted");
}

TEST_F(Load, WrongTypesNameThePlace) {
  auto file = path_ + "/configuration.toml";
  struct Case {
    std::string_view text;
    std::string error;
  };
  const std::vector<Case> cases = {
      {"[hypervisor.qemu]\nkernel = 3\n", ":2:10: hypervisor.qemu.kernel: expected a string, found an integer"},
      {"[runtime]\n\nenable_debug = \"true\"\n", ":3:16: runtime.enable_debug: expected a boolean, found a string"},
      {"[hypervisor.qemu]\ndefault_memory = 1.5\n",
       ":2:18: hypervisor.qemu.default_memory: expected an integer, found a number with a fraction"},
      {"[hypervisor.qemu]\nenable_annotations = [1]\n",
       ":2:22: hypervisor.qemu.enable_annotations: expected an array of strings, found an array of other things"},
      {"[hypervisor.qemu]\nenable_hugepages = 1\n",
       ":2:20: hypervisor.qemu.enable_hugepages: expected a boolean, found an integer"},
      {"[hypervisor.qemu]\nkernel = 1979-05-27\n",
       ":2:10: hypervisor.qemu.kernel: expected a string, found a date or time"},
      {"[hypervisor.qemu]\nmemory_slots = -1\n",
       ":2:16: hypervisor.qemu.memory_slots: must be from 0 to 255, but is -1"},
      {"[hypervisor.qemu]\ndefault_maxvcpus = 4294967296\n",
       ":2:20: hypervisor.qemu.default_maxvcpus: expected an integer from 0 to 4294967295, found 4294967296"},
      {"[hypervisor.qemu]\nshared_fs = \"nfs\"\n",
       ":2:13: hypervisor.qemu.shared_fs: \"nfs\" is not one of \"virtio-9p\", \"virtio-fs\", \"none\", \"auto\""},
      {"[runtime]\ninternetworking_model = \"bridge\"\n",
       ":2:25: runtime.internetworking_model: \"bridge\" is not one of \"tcfilter\", \"macvtap\", \"none\", "
       "\"l3forwarding\", \"bridged\", \"enlightened\""},
      {"[hypervisor.qemu]\naccelerator = \"xen\"\n",
       ":2:15: hypervisor.qemu.accelerator: \"xen\" is not one of \"auto\", \"kvm\", \"tcg\""},
  };
  for (const auto& test : cases) EXPECT_EQ(error_of(test.text), file + test.error) << test.text;
}

TEST_F(Load, SyntaxErrorNamesThePlace) {
  EXPECT_THAT(error_of("[hypervisor.qemu]\nkernel = \n"), HasSubstr(path_ + "/configuration.toml:2:"));
  EXPECT_THAT(error_of("[a]\nx = 1\nx = 2\n"), HasSubstr(path_ + "/configuration.toml:3:"));
  for (std::string_view wrong :
       {"[=a]", "[{a}]", "[[=]]", "[a", "= 1", "a.=1", "[a.]", "[a.=]", "\x01", "x = [", "\u0447"}) {
    auto error = error_of(std::string("[a]\nx = 1\n").append(wrong).append("\n[b]\ny = 2\n"));
    EXPECT_THAT(error, ContainsRegex(path_ + "/configuration.toml:[34]:")) << wrong;
  }
}

TEST_F(Load, OneHypervisorOnly) {
  EXPECT_THAT(error_of("[hypervisor.clh]\npath = \"/x\"\n"), HasSubstr("[hypervisor.clh] at"));
  EXPECT_THAT(error_of("[hypervisor.clh]\n"), HasSubstr("is not supported yet"));
  EXPECT_THAT(error_of("[hypervisor.qemu]\n[hypervisor.clh]\n"), HasSubstr("more than one hypervisor"));
}

TEST_F(Load, ImageAndInitrd) {
  EXPECT_THAT(error_of("[hypervisor.qemu]\nimage = \"/a\"\ninitrd = \"/b\"\n"),
              HasSubstr("both image (/a) and initrd (/b)"));
}

TEST_F(Load, InitrdMustFitIntoMemory) {
  auto initrd = write("initrd", std::string(2U << 20U, 'x'));
  auto text = "[hypervisor.qemu]\ninitrd = \"" + initrd + "\"\ndefault_memory = ";
  EXPECT_THAT(error_of(text + "2\n"), HasSubstr("does not fit into default_memory (2 MiB)"));
  EXPECT_EQ(error_of(text + "3\n"), "accepted");
}

TEST_F(Load, CpusAndMemoryOfTheHost) {
  auto host = std::thread::hardware_concurrency();
  auto config = load_text("[hypervisor.qemu]\ndefault_vcpus = -1\ndefault_maxvcpus = 4000000\ndefault_memory = 0\n");
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(config->hypervisor.default_vcpus, host);
  EXPECT_EQ(config->hypervisor.default_maxvcpus, host);
  EXPECT_EQ(config->hypervisor.default_memory, 512U);
  config = load_text("[hypervisor.qemu]\ndefault_vcpus = 5\ndefault_maxvcpus = 1\n");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->hypervisor.default_vcpus, 1);
  EXPECT_THAT(config->warnings, Contains(HasSubstr("default_vcpus is more than the 1 CPUs")));
  EXPECT_THAT(error_of("[hypervisor.qemu]\ndefault_memory = 1000000000\n"), HasSubstr("but the machine may have"));
}

TEST_F(Load, VirtioFsNeedsItsDaemon) {
  auto text = std::string("[hypervisor.qemu]\nshared_fs = \"virtio-fs\"\nvirtio_fs_daemon = \"") + path_;
  auto error = error_of(text + "/none\"\n");
  EXPECT_THAT(error, HasSubstr("virtio_fs_daemon " + path_ + "/none is not there"));
  EXPECT_THAT(error, HasSubstr("shared_fs = \"virtio-9p\""));
  write("virtiofsd", "#!/bin/sh\n", 0755);
  EXPECT_EQ(error_of(text + "/virtiofsd\"\n"), "accepted");
}

TEST_F(Load, DropInsMergeInOrder) {
  auto file =
      write("configuration.toml",
            "[hypervisor.qemu]\nkernel = \"/main\"\ndefault_memory = 1024\nenable_annotations = [\"a\", \"b\"]\n");
  write("config.d/20-b.toml", "[hypervisor.qemu]\nkernel = \"/second\"\nenable_annotations = [\"c\"]\n");
  write("config.d/10-a.toml", "[hypervisor.qemu]\nkernel = \"/first\"\n[runtime]\nenable_debug = true\n");
  write("config.d/README", "not = toml = at = all");
  auto config = load(file);
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(config->hypervisor.kernel, "/second");
  EXPECT_EQ(config->hypervisor.default_memory, 1024U);
  EXPECT_THAT(config->hypervisor.enable_annotations, ElementsAre("c"));
  EXPECT_TRUE(config->runtime.enable_debug);
  EXPECT_THAT(config->drop_ins, ElementsAre(path_ + "/config.d/10-a.toml", path_ + "/config.d/20-b.toml"));
}

TEST_F(Load, DropInErrorNamesTheDropIn) {
  auto file = write("configuration.toml", "[hypervisor.qemu]\n");
  write("config.d/x.toml", "[hypervisor.qemu]\nkernel = 1\n");
  auto config = load(file);
  ASSERT_FALSE(config.ok());
  EXPECT_THAT(config.error().message(), HasSubstr(path_ + "/config.d/x.toml:2:10"));
}

TEST_F(Load, DropInsAreBesideTheLinksTarget) {
  auto file = write("real/configuration-qemu.toml", "");
  write("real/config.d/1.toml", "[hypervisor.qemu]\nkernel = \"/dropped\"\n");
  auto link = path_ + "/configuration.toml";
  ASSERT_EQ(symlink(file.c_str(), link.c_str()), 0);
  auto config = load(link);
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(config->hypervisor.kernel, "/dropped");
  EXPECT_EQ(config->file, file);
}

TEST_F(Load, NamedFileBeforeEnvironmentBeforeDefaults) {
  auto named = write("named.toml", "");
  auto environment = write("environment.toml", "");
  auto usual = write("usual.toml", "");
  EXPECT_EQ(choose_file("", {path_ + "/none", usual}).value(), usual);
  setenv("KATA_CONF_FILE", environment.c_str(), 1);
  EXPECT_EQ(choose_file("", {usual}).value(), environment);
  EXPECT_EQ(choose_file(named, {usual}).value(), named);
  unsetenv("KATA_CONF_FILE");
  EXPECT_EQ(choose_file("", {path_ + "/none"}).value(), "");
}

TEST_F(Load, NamedFileMustExist) {
  auto missing = load(path_ + "/none.toml");
  EXPECT_THAT(missing.error().text(), HasSubstr(path_ + "/none.toml"));
  setenv("KATA_CONF_FILE", (path_ + "/other.toml").c_str(), 1);
  auto other = load("");
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().text(), HasSubstr("KATA_CONF_FILE"));
}

TEST_F(Load, ARegisteredDriverIsChosenByItsTableAndReadsItsOwnKeys) {
  auto text = "[hypervisor.fake]\nflavour = \"sour\"\ndepth = 3\nmachine_type = \"q35\"\n";
  EXPECT_THAT(error_of(text), HasSubstr("is not supported yet"));
  hypervisor::FakeDriver fake;
  hypervisor::Registered registered(fake);
  auto config = load_text(text);
  ASSERT_TRUE(config.ok()) << config.error().text();
  EXPECT_EQ(config->hypervisor.driver, &fake);
  const auto& own = dynamic_cast<const hypervisor::FakeSettings&>(*config->hypervisor.own.get());
  EXPECT_EQ(own.flavour, "sour");
  EXPECT_EQ(own.depth, 3U);
  EXPECT_THAT(config->warnings, Contains(HasSubstr(":4:16: hypervisor.fake.machine_type is not a known key")));
  EXPECT_THAT(error_of("[hypervisor.fake]\ndepth = 10\n"), HasSubstr("must be from 1 to 9"));
  EXPECT_THAT(effective_configuration(*config), HasSubstr("[hypervisor.fake]\n"));
  EXPECT_THAT(effective_configuration(*config), HasSubstr("flavour = \"sour\"\n"));
  config->hypervisor.enable_annotations = {"flavour"};
  ASSERT_TRUE(apply_annotations(*config, {{"io.katacontainers.config.hypervisor.flavour", "sweet"}}).ok());
  EXPECT_EQ(value_in_use(*config, "flavour"), "sweet");
  EXPECT_NE(load_text("[hypervisor.fake]\n")->hypervisor.own.get(), nullptr);
}

}  // namespace
}  // namespace kata::config
