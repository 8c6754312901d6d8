// A pod's files without its pod: only for root, which may mount.
#include "runtime/sandbox/sharing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <csignal>

#include "hypervisor/fake/driver.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/label.h"
#include "lib/sys/mount.h"
#include "lib/sys/process.h"
#include "lib/test/temp_dir.h"

namespace kata {
namespace {

using testing::HasSubstr;

class SharingTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    // Mounts that a failed test leaves end with this process.
    if (::geteuid() == 0 && ::unshare(CLONE_NEWNS) == 0) ignore(sys::set_propagation("/", MS_SLAVE | MS_REC));
  }
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, which may mount";
    settings_.driver = &driver_;
    ASSERT_TRUE(directory_.open(options_).ok());
    ASSERT_TRUE(sys::make_directories(bundle() + "/rootfs").ok());
    container_.id = "c1";
    container_.bundle = bundle();
  }
  void TearDown() override {
    sharing_.stop();
    if (directory_.journal) {
      EXPECT_TRUE(directory_.journal->undo_all().ok());
    }
  }
  std::string bundle() const { return base_ + "/bundle"; }
  // A daemon that says what the Rust one says, and then does what `behaviour` says.
  void serve_by(const std::string& behaviour) {
    auto program = base_ + "/virtiofsd";
    auto text = "#!/bin/sh\ncase $1 in --help) echo 'Options: --shared-dir <SHARED_DIR>'; exit 0;; esac\n" + behaviour;
    ASSERT_TRUE(sys::write_file(program, text + "\n", 0755).ok());
    settings_.shared_fs = storage::SharedFs::kVirtioFs;
    settings_.config.hypervisor.virtio_fs_daemon = program;
  }
  Result<hypervisor::VmConfig> share() {
    hypervisor::VmConfig vm;
    TRY(sharing_.share(vm));
    return vm;
  }
  grpc::CreateSandboxRequest storages(const storage::Needs& needs) const {
    grpc::CreateSandboxRequest out;
    sharing_.add_storages(needs, out);
    return out;
  }

  TempDir temporary_;
  std::string base_ = temporary_.path();
  hypervisor::FakeDriver driver_;
  SandboxOptions options_{
      .id = concat("share-", ::getpid()), .run_directory = base_ + "/run", .shared_base = base_ + "/shared"};
  PodSettings settings_;
  PodDirectory directory_;
  Container container_;
  Sharing sharing_{options_, settings_, directory_};
};

TEST_F(SharingTest, WithoutASharedFileSystemTheMachineGetsNone) {
  settings_.shared_fs = storage::SharedFs::kNone;
  auto vm = share();
  ASSERT_TRUE(vm.ok());
  EXPECT_TRUE(vm->shared.empty());
  EXPECT_FALSE(sharing_.shares());
  EXPECT_TRUE(sharing_.helpers().empty());
  EXPECT_EQ(storages({}).storages_size(), 0);
}

TEST_F(SharingTest, TheGuestMountsTheDirectoryBeforeWhatLiesInIt) {
  auto vm = share();
  ASSERT_TRUE(vm.ok()) << vm.error().text();
  ASSERT_EQ(vm->shared.size(), 1U);
  EXPECT_EQ(vm->shared[0].tag, storage::kSharedTag);
  EXPECT_TRUE(sys::exists(vm->shared[0].path));
  storage::Needs needs;
  needs.pod_storages.emplace_back().set_mount_point("/later");
  auto request = storages(needs);
  ASSERT_EQ(request.storages_size(), 2);
  EXPECT_EQ(request.storages(0).source(), storage::kSharedTag);
  EXPECT_EQ(request.storages(1).mount_point(), "/later");
}

TEST_F(SharingTest, AContainersFilesComeAndGo) {
  ASSERT_TRUE(sys::write_file(bundle() + "/rootfs/hello", "").ok());
  grpc::Spec spec;
  spec.mutable_root()->set_path(bundle() + "/rootfs");
  auto planned = sharing_.plan({.id = "c1", .bundle = bundle()}, spec, container_);
  ASSERT_TRUE(planned.ok()) << planned.error().text();
  auto vm = share();
  ASSERT_TRUE(vm.ok()) << vm.error().text();
  auto seen = vm->shared[0].path + "/c1/rootfs/hello";
  EXPECT_FALSE(sys::exists(seen)) << "a plan changes nothing";
  auto attached = sharing_.attach(container_);
  ASSERT_TRUE(attached.ok()) << attached.error().text();
  EXPECT_TRUE(sys::exists(seen));
  sharing_.release(container_, Sharing::GuestLives::kNo);
  EXPECT_FALSE(sys::exists(seen));
  sharing_.release(container_, Sharing::GuestLives::kNo);  // again, as after a failure
}

TEST_F(SharingTest, TheDaemonListensAndEndsWithThePod) {
  serve_by("exec sleep 1000");
  auto vm = share();
  ASSERT_TRUE(vm.ok()) << vm.error().text();
  ASSERT_EQ(vm->shared.size(), 1U);
  EXPECT_EQ(vm->shared[0].kind, hypervisor::SharedDirectory::Kind::kVirtioFs);
  EXPECT_TRUE(sys::exists(vm->shared[0].socket));
  auto helpers = sharing_.helpers();
  ASSERT_EQ(helpers.size(), 1U);
  EXPECT_TRUE(sys::kill(helpers[0], 0).ok());
  sharing_.stop();
  EXPECT_FALSE(sys::kill(helpers[0], 0).ok()) << "ended and reaped";
}

// With SELinux off, a file's context is an attribute as any other, and no process can have one.
TEST_F(SharingTest, WhereTheMachineHasAContextTheDirectoryAndTheDaemonHaveTheirs) {
  if (sys::selinux_is_on()) GTEST_SKIP() << "the policy knows no such contexts";
  hypervisor::VmConfig vm;
  vm.security_context = "u:r:vm:s0";
  ASSERT_TRUE(sharing_.share(vm, "u:object_r:files:s0").ok());
  char got[64] = {};
  EXPECT_GT(::lgetxattr(vm.shared[0].path.c_str(), "security.selinux", got, sizeof got), 0);
  EXPECT_STREQ(got, "u:object_r:files:s0");
}
TEST_F(SharingTest, ADaemonThatCannotHaveItsContextDoesNotStart) {
  if (sys::selinux_is_on()) GTEST_SKIP() << "the policy knows no such contexts";
  serve_by("exec sleep 1000");
  hypervisor::VmConfig vm;
  vm.security_context = "u:r:vm:s0";
  auto shared = sharing_.share(vm, "");
  ASSERT_FALSE(shared.ok());
  EXPECT_THAT(shared.error().text(), testing::AllOf(testing::HasSubstr("u:r:vm:s0"), testing::HasSubstr("its label"),
                                                    testing::HasSubstr("disable_selinux = true")));
}

// sockaddr_un has room for 107 bytes.
TEST_F(SharingTest, APathThatIsTooLongForASocketIsShortened) {
  options_.id = std::string(90, 'x');
  ASSERT_TRUE(directory_.open(options_).ok());
  serve_by("exec sleep 1000");
  auto vm = share();
  ASSERT_TRUE(vm.ok()) << vm.error().text();
  EXPECT_LE(vm->shared[0].socket.size(), 107U);
  EXPECT_TRUE(sys::exists(vm->shared[0].socket));
}

// A VMM that cannot reach the daemon says only that.
TEST_F(SharingTest, ADaemonThatEndsWithAnErrorSaysWhyTheMachineDidNotStart) {
  serve_by("echo 'no such option --frob' >&2; exit 3");
  auto vm = share();
  auto vmm = Error::make(Code::kUnavailable, "the VMM cannot connect");
  auto why = vm ? sharing_.why_not_started(vmm) : vm.error();
  EXPECT_THAT(why.message(), HasSubstr("no such option --frob"));
}

TEST_F(SharingTest, TheMachineEndsWithItsDaemon) {
  serve_by("exec sleep 1000");
  auto vm = share();
  ASSERT_TRUE(vm.ok()) << vm.error().text();
  auto machine = std::move(Machine::create(std::move(driver_.create(*vm)).value(), {})).value();
  Threads threads;
  ASSERT_TRUE(machine->start().ok());
  ASSERT_TRUE(sharing_.watch_daemon(*machine, threads).ok());
  ASSERT_TRUE(sys::kill(sharing_.helpers()[0], SIGKILL).ok());
  auto cause = machine->cause(std::chrono::seconds(60));
  ASSERT_TRUE(cause.has_value());
  EXPECT_THAT(cause->message(), HasSubstr("virtio-fs' daemon"));
  EXPECT_THAT(cause->message(), HasSubstr("SIGKILL"));
}

}  // namespace
}  // namespace kata
