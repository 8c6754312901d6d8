#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/sys/thread.h"

namespace kata::sys {
namespace {

// What a shell with these descriptors writes to its standard output. The script may use 3 and above.
std::string output_of(const std::string& script, Spawn what) {
  auto out = pipe();
  what.argv = {"sh", "-c", script};
  what.out = out->write.get();
  auto child = spawn(what);
  if (!child) return child.error().text();
  out->write.reset();
  auto text = read_to_end(out->read.get(), 100000).value_or("unreadable");
  ignore(wait_child(child->pid));
  return text;
}

// A descriptor that reads `text`, at `number` of this process.
UniqueFd holding(const std::string& text, int number) {
  auto pipe = sys::pipe();
  ignore(write_all(pipe->write.get(), text));
  UniqueFd out(::dup3(pipe->read.get(), number, O_CLOEXEC));
  return out;
}

class SpawnDescriptors : public testing::Test {
 protected:
  // Far from what the test program itself has open.
  UniqueFd a_ = holding("a\n", 103);
  UniqueFd b_ = holding("b\n", 104);
};

TEST_F(SpawnDescriptors, GetTheNumbersThatTheProgramWants) {
  EXPECT_EQ(output_of("cat <&3; cat <&7", {.descriptors = {{7, a_.get()}, {3, b_.get()}}}), "b\na\n");
}

TEST(Spawn, TheProgramMayHaveAnotherName) {
  auto out = pipe();
  Spawn what{.argv = {"any-name", "-c", "echo $0"}, .program = "/bin/sh"};
  what.out = out->write.get();
  auto child = spawn(what).value();
  out->write.reset();
  EXPECT_EQ(*read_to_end(out->read.get(), 100), "any-name\n");
  EXPECT_EQ(wait_child(child.pid)->code, 0);
  // It is a path, and what it names is executed as it is.
  EXPECT_NE(spawn({.argv = {"sh"}, .program = "sh"}).error().message().find("run sh"), std::string::npos);
}

TEST_F(SpawnDescriptors, AreExchanged) {
  // dup3() and an opened shell cannot go above 9 in a redirection, so cat reads /dev/fd.
  EXPECT_EQ(output_of("cat /dev/fd/103 /dev/fd/104", {.descriptors = {{103, 104}, {104, 103}}}), "b\na\n");
  // And the caller's own are as they were.
  char byte = 0;
  auto c = holding("c", 103);
  a_.release();  // dup3 closed it
  EXPECT_EQ(*read_some(103, &byte, 1), 1U);
  EXPECT_EQ(byte, 'c');
  EXPECT_NE(::fcntl(103, F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(SpawnDescriptors, OneCanBeGivenTwice) {
  EXPECT_EQ(output_of("[ /dev/fd/3 -ef /dev/fd/4 ] && echo same", {.descriptors = {{3, 103}, {4, 103}}}), "same\n");
}

TEST_F(SpawnDescriptors, TheStandardOnesAreSources) {
  auto out = pipe();
  auto text = output_of("echo through 5 >&5", {.err = out->write.get(), .descriptors = {{5, out->write.get()}}});
  out->write.reset();
  EXPECT_EQ(text, "");
  EXPECT_EQ(*read_to_end(out->read.get(), 100), "through 5\n");
}

TEST_F(SpawnDescriptors, NothingElseIsOpenInTheProgram) {
  // `ls` itself opens the directory that it lists, at the lowest free number.
  auto listing = output_of("exec ls /proc/self/fd", {.inherited = {104}, .descriptors = {{9, 103}}});
  EXPECT_EQ(listing, "0\n1\n104\n2\n3\n9\n");
}

TEST_F(SpawnDescriptors, ANumberWithTwoSourcesIsAnError) {
  auto child = spawn({.argv = {"true"}, .inherited = {103}, .descriptors = {{103, 104}}});
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().message(), "run true: its descriptor 103 has two sources");
  EXPECT_FALSE(spawn({.argv = {"true"}, .in = 103, .descriptors = {{0, 104}}}).ok());
}

TEST_F(SpawnDescriptors, AClosedSourceIsAnError) {
  auto report = pipe();
  int next = report->read.get();  // the number that the report's pipe would get
  report->read.reset();
  report->write.reset();
  auto child = spawn({.argv = {"true"}, .inherited = {next}});
  ASSERT_FALSE(child.ok());
  EXPECT_TRUE(child.error().is_errno(EBADF)) << child.error().text();
  EXPECT_TRUE(spawn({.argv = {"true"}, .descriptors = {{3, 999}}}).error().is_errno(EBADF));
}

TEST_F(SpawnDescriptors, OfOtherThreadsDoNotGetIn) {
  std::atomic<bool> end{false};
  // Opens without close-on-exec, as a careless library does.
  auto careless = Thread::start("careless", [&] {
    while (!end) UniqueFd fd(::open("/dev/null", O_RDONLY));
  });
  ASSERT_TRUE(careless.ok());
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(output_of("exec ls /proc/self/fd", {.descriptors = {{4, 103}, {5, 104}}}), "0\n1\n2\n3\n4\n5\n");
  }
  end = true;
}

TEST(SpawnNamespaces, FreshOnesAreTheChildsAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  Namespaces fresh{.fresh = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC};
  auto own = *read_file("/proc/self/mountinfo");
  EXPECT_EQ(output_of("echo $$; mount -t tmpfs none /mnt; grep -c . /proc/net/dev", {.namespaces = fresh}), "1\n3\n");
  EXPECT_EQ(*read_file("/proc/self/mountinfo"), own) << "what is mounted there is not mounted here";
  EXPECT_NE(output_of("echo $$", {}), "1\n") << "its processes are the next child's again";
}

TEST(SpawnNamespaces, AnErrorSaysWhichStepFailed) {
  EXPECT_EQ(spawn({.argv = {"true"}, .directory = "/no/such"}).error().text(),
            "run true: entering its directory: No such file or directory");
  EXPECT_EQ(spawn({.argv = {"/no/such"}}).error().text(), "run /no/such: No such file or directory");
  auto file = open("/dev/null", O_RDONLY).value();
  EXPECT_EQ(spawn({.argv = {"true"}, .namespaces = {.joined = {{CLONE_NEWUTS, file.get()}}}}).error().text(),
            "run true: entering its namespaces: Invalid argument");
}

TEST(SpawnNamespaces, AreJoined) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  auto first = spawn({.argv = {"sleep", "1000"}, .namespaces = {.fresh = CLONE_NEWPID | CLONE_NEWUTS}}).value();
  auto pids = open(kata::concat("/proc/", first.pid, "/ns/pid"), O_RDONLY).value();
  auto uts = open(kata::concat("/proc/", first.pid, "/ns/uts"), O_RDONLY).value();
  Namespaces theirs{.joined = {{CLONE_NEWPID, pids.get()}, {CLONE_NEWUTS, uts.get()}}};
  EXPECT_EQ(output_of("echo $$; readlink /proc/self/ns/uts", {.namespaces = theirs}),
            kata::concat("2\n", *read_link(kata::concat("/proc/", first.pid, "/ns/uts")), "\n"));
  auto refused = spawn({.argv = {"true"}, .namespaces = {.joined = {{CLONE_NEWNET, uts.get()}}}});
  EXPECT_TRUE(!refused && refused.error().is_errno(EINVAL));
  ignore(pidfd_signal(first.pidfd.get(), SIGKILL));
  ignore(wait_child(first.pid));
}

TEST(SpawnNamespaces, AProcessElsewhereDiesWithItsParentToo) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  Child child;
  auto parent = Thread::start("parent", [&] {
    child = spawn({.argv = {"sleep", "1000"}, .namespaces = {.fresh = CLONE_NEWPID}, .die_with_parent = true}).value();
  });
  ASSERT_TRUE(parent.ok());
  parent->join();
  auto ended = wait_child_for(child.pid, child.pidfd.get(), std::chrono::seconds(60));
  ASSERT_TRUE(ended.ok() && ended->has_value());
  EXPECT_EQ((*ended)->signal, SIGKILL);
}

TEST(Spawn, TheCallersSignalMaskDoesNotReachTheProgramAndStaysItsOwn) {
  sigset_t set, before, after;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  EXPECT_THAT(output_of("grep SigBlk /proc/self/status", {}), testing::HasSubstr("0000000000000000"));
  pthread_sigmask(SIG_SETMASK, &before, &after);
  EXPECT_EQ(sigismember(&after, SIGUSR1), 1);
  EXPECT_EQ(sigismember(&after, SIGTERM), 0);
}

}  // namespace
}  // namespace kata::sys
