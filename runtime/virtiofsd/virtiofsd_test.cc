#include <dlfcn.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/sys/socket.h"
#include "lib/test/temp_dir.h"
#include "runtime/virtiofsd/daemon.h"
#include "runtime/virtiofsd/program.h"

namespace kata::virtiofsd {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr char kDebians[] = "/usr/lib/qemu/virtiofsd";

class VirtiofsdTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(sys::make_directory(base_ + "/served").ok()); }
  std::string script(const std::string& name, const std::string& text) {
    auto path = concat(base_, "/", name);
    EXPECT_TRUE(sys::write_file(path, "#!/bin/sh\n" + text, 0755).ok());
    return path;
  }
  Settings settings(const std::string& program) const {
    return {.path = program, .socket = base_ + "/fs.sock", .directory = base_ + "/served", .cache = "auto"};
  }

  TempDir temporary_;
  std::string base_ = temporary_.path();
};

// Says what the Rust daemon says, and then does what `behaviour` says.
std::string like_rust(const std::string& behaviour) {
  return "case $1 in --help) echo 'Options: --shared-dir <SHARED_DIR> --cache <CACHE> --fd <FD>'; exit 0;; esac\n" +
         behaviour + "\n";
}

TEST_F(VirtiofsdTest, AsksTheProgramWhichOneItIs) {
  EXPECT_EQ(detect(script("rust", like_rust(""))).value(), Dialect::kRust);
  EXPECT_EQ(detect(script("c", "echo '    -o source=PATH             shared directory tree' >&2; exit 1")).value(),
            Dialect::kC);
  auto other = detect("/bin/true");
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().text(), HasSubstr("/bin/true"));
  EXPECT_THAT(other.error().text(), HasSubstr("virtio_fs_daemon"));
  auto missing = detect(base_ + "/none");
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().text(), HasSubstr(base_ + "/none"));
}

TEST_F(VirtiofsdTest, DebiansIsTheCOne) {
  if (!sys::exists(kDebians)) GTEST_SKIP() << "needs qemu-system-common";
  EXPECT_EQ(detect(kDebians).value(), Dialect::kC);
}

TEST(Arguments, OfTheRustDaemon) {
  auto argv = arguments("/v", Dialect::kRust, {"/a,b", 7, "metadata", {"--thread-pool-size=1"}});
  EXPECT_EQ(argv[0], "/v");
  for (const auto* one : {"--fd=7", "--shared-dir=/a,b", "--cache=metadata", "--sandbox=chroot", "--announce-submounts",
                          "--posix-acl", "--inode-file-handles=prefer", "--thread-pool-size=1"}) {
    EXPECT_THAT(argv, Contains(one));
  }
  EXPECT_THAT(argv, Not(Contains("-o")));
}

TEST(Arguments, OfTheCDaemon) {
  auto argv = arguments("/v", Dialect::kC, {"/a,b", 7, "never", {"--thread-pool-size=1", "--writeback"}});
  for (const auto* one : {"--fd=7", "source=/a\\,b", "cache=none", "sandbox=chroot", "announce_submounts", "posix_acl",
                          "writeback", "--thread-pool-size=1"}) {
    EXPECT_THAT(argv, Contains(one));
  }
  EXPECT_THAT(argv, Not(Contains("--writeback"))) << "translated";
  argv = arguments(
      "/v", Dialect::kC,
      {"/a", 7, "never", {"--cache=never", "--log-level", "error", "--no-posix-acl", "--inode-file-handles=never"}});
  for (const auto* one : {"cache=none", "log_level=err", "no_posix_acl", "--inode-file-handles=never"})
    EXPECT_THAT(argv, Contains(one));
  EXPECT_THAT(argv, Not(Contains("--log-level")));
  EXPECT_THAT(arguments("/v", Dialect::kC, {"/a", 7, "metadata", {}}), Contains("cache=always,timeout=1"));
  EXPECT_THAT(arguments("/v", Dialect::kC, {"/a", 7, "auto", {}}), Contains("cache=always,timeout=1"));
  EXPECT_THAT(arguments("/v", Dialect::kC, {"/a", 7, "always", {}}), Contains("cache=always"));
}

TEST_F(VirtiofsdTest, TheRealOneWaitsForItsMachineAndIsStopped) {
  if (!sys::exists(kDebians) || ::geteuid() != 0) GTEST_SKIP() << "needs root and qemu-system-common";
  auto daemon = Daemon::start(settings(kDebians));
  ASSERT_TRUE(daemon.ok()) << daemon.error().text();
  auto connected = sys::unix_connect(base_ + "/fs.sock");
  EXPECT_TRUE(connected.ok()) << "the socket listens at once";
  auto pid = (*daemon)->pid();
  EXPECT_TRUE(sys::kill(pid, 0).ok());
  (*daemon)->stop();
  (*daemon)->stop();
  EXPECT_FALSE(sys::kill(pid, 0).ok());
}

TEST_F(VirtiofsdTest, ItsLastWordsAreTheCause) {
  auto program = script("v", like_rust("echo 'first line' >&2; echo 'no such option --frob' >&2; exit 3"));
  auto daemon = Daemon::start(settings(program));
  ASSERT_TRUE(daemon.ok()) << daemon.error().text();
  auto ended = (*daemon)->exit_event();
  ASSERT_TRUE(ended.ok());
  EXPECT_TRUE(sys::wait_for(ended->get(), POLLIN, std::chrono::seconds(60)).value_or(false));
  auto cause = (*daemon)->cause_of_death().message();
  EXPECT_THAT(cause, HasSubstr("exited with 3"));
  EXPECT_THAT(cause, HasSubstr("no such option --frob"));
  EXPECT_THAT(cause, HasSubstr(program));
}

TEST_F(VirtiofsdTest, KilledIsSaid) {
  auto daemon = Daemon::start(settings(script("v", like_rust("exec sleep 1000"))));
  ASSERT_TRUE(daemon.ok()) << daemon.error().text();
  ASSERT_TRUE(sys::kill((*daemon)->pid(), SIGKILL).ok());
  auto cause = (*daemon)->cause_of_death();
  EXPECT_THAT(cause.message(), HasSubstr("SIGKILL"));
  EXPECT_EQ(cause.signal(), SIGKILL);
}

TEST_F(VirtiofsdTest, ItHearsWhatItIsPreloadedWithAndWhereThingsAre) {
  auto program = script("v", like_rust("echo \"$LD_PRELOAD $PATH $HOME\" >" + base_ + "/environment; exit 0"));
  auto with = settings(program);
  with.preload = KATA_LOOKUP_ERRORS;
  auto daemon = Daemon::start(with);
  ASSERT_TRUE(daemon.ok()) << daemon.error().text();
  (void)(*daemon)->cause_of_death();
  EXPECT_EQ(sys::read_file(base_ + "/environment").value_or(""),
            concat(KATA_LOOKUP_ERRORS, " ", std::getenv("PATH"), " \n"));
}

TEST_F(VirtiofsdTest, TellsItsLimitOfDescriptors) {
  auto daemon =
      Daemon::start(settings(script("v", like_rust("ulimit -n 77; touch " + base_ + "/set; exec sleep 1000"))));
  ASSERT_TRUE(daemon.ok()) << daemon.error().text();
  for (int i = 0; i < 1000 && !sys::exists(base_ + "/set"); ++i) ::usleep(10'000);
  auto limit = (*daemon)->descriptors();
  ASSERT_TRUE(limit.ok()) << limit.error().text();
  EXPECT_EQ(*limit, 77U);
}

// What the guest's kernel is told when a name cannot be looked up (runtime/virtiofsd/preload).
class LookupErrors : public VirtiofsdTest {
 protected:
  using OpenAt = int (*)(int, const char*, int, ...);
  // errno of an openat64() of the preloaded library, in a process that has no descriptor left.
  int error_without_descriptors(const std::string& path, int flags) {
    auto child = ::fork();
    if (child == 0) {
      auto* library = ::dlopen(KATA_LOOKUP_ERRORS, RTLD_NOW);
      auto open = library == nullptr ? nullptr : reinterpret_cast<OpenAt>(::dlsym(library, "openat64"));
      rlimit none{3, 3};
      if (open == nullptr || ::setrlimit(RLIMIT_NOFILE, &none) != 0) ::_exit(255);
      for (int fd = 3; fd < 1024; ++fd) ::close(fd);
      ::_exit(open(AT_FDCWD, path.c_str(), flags) < 0 ? errno : 0);
    }
    return sys::wait_child(child)->code;
  }
};

TEST_F(LookupErrors, WithoutADescriptorALookupHasNoMemory) {
  EXPECT_EQ(error_without_descriptors(base_ + "/served", O_PATH | O_NOFOLLOW), ENOMEM);
  EXPECT_EQ(error_without_descriptors(base_ + "/served", O_RDONLY), EMFILE) << "who opens is told why";
}

TEST_F(LookupErrors, WhatIsSaidAboutANameStays) {
  auto* library = ::dlopen(KATA_LOOKUP_ERRORS, RTLD_NOW);
  ASSERT_NE(library, nullptr);
  auto open = reinterpret_cast<OpenAt>(::dlsym(library, "openat64"));
  ASSERT_NE(open, nullptr);
  EXPECT_LT(open(AT_FDCWD, (base_ + "/none").c_str(), O_PATH), 0);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_LT(open(AT_FDCWD, (base_ + "/" + std::string(300, 'x')).c_str(), O_PATH), 0);
  EXPECT_EQ(errno, ENAMETOOLONG);
  UniqueFd made(open(AT_FDCWD, (base_ + "/made").c_str(), O_CREAT | O_WRONLY, 0600));
  EXPECT_TRUE(made) << "the mode is passed on";
  EXPECT_EQ(sys::stat(base_ + "/made")->st_mode & 07777U, 0600U);
}

TEST_F(VirtiofsdTest, InheritsTheListeningSocketAndNothingElse) {
  auto program =
      script("v", like_rust("read pid rest </proc/self/stat; for fd in /proc/$pid/fd/*; do readlink $fd; done >" +
                            base_ + "/fds; exit 0"));
  auto daemon = Daemon::start(settings(program));
  ASSERT_TRUE(daemon.ok()) << daemon.error().text();
  (void)(*daemon)->cause_of_death();
  auto fds = sys::read_file(base_ + "/fds").value_or("");
  auto sockets = 0;
  for (size_t at = 0; (at = fds.find("socket:", at)) != std::string::npos; ++at) ++sockets;
  EXPECT_EQ(sockets, 1) << fds;
}

}  // namespace
}  // namespace kata::virtiofsd
