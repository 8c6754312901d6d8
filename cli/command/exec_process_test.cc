#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command/exec.h"
#include "lib/proto/oci.pb.h"

namespace kata::cli {
namespace {

using ::testing::ElementsAre;

grpc::Process base() {
  grpc::Process out;
  out.add_args("init");
  out.add_env("PATH=/bin");
  out.add_env("PATHS=keep");
  out.add_env("TERM=xterm");
  out.set_cwd("/srv");
  out.set_terminal(true);
  out.mutable_user()->set_uid(1);
  out.mutable_user()->set_gid(2);
  out.mutable_user()->add_additionalgids(3);
  out.mutable_capabilities()->add_bounding("CAP_KILL");
  return out;
}

ExecOptions options(std::vector<std::string> command) {
  ExecOptions out;
  out.command = std::move(command);
  return out;
}

TEST(MergeProcess, KeepsTheContainersOwnSettings) {
  auto process = merge_process(base(), options({"ls", "-l"}));
  ASSERT_TRUE(process.ok());
  EXPECT_THAT(process->args(), ElementsAre("ls", "-l"));
  EXPECT_THAT(process->env(), ElementsAre("PATH=/bin", "PATHS=keep", "TERM=xterm"));
  EXPECT_EQ(process->cwd(), "/srv");
  EXPECT_EQ(process->user().uid(), 1U);
  EXPECT_FALSE(process->terminal());  // but not its terminal
}

TEST(MergeProcess, PutsTheOptionsOverThem) {
  auto o = options({"id"});
  o.env = {"PATH=/sbin", "NEW=1", "EMPTY="};
  o.cwd = "/tmp";
  o.user = "10";
  o.additional_gids = {11};
  o.capabilities = {"CAP_SYS_ADMIN", "CAP_KILL"};
  o.tty = true;
  o.no_new_privileges = true;
  auto process = merge_process(base(), o);
  ASSERT_TRUE(process.ok());
  EXPECT_THAT(process->env(), ElementsAre("PATH=/sbin", "PATHS=keep", "TERM=xterm", "NEW=1", "EMPTY="));
  EXPECT_EQ(process->cwd(), "/tmp");
  EXPECT_EQ(process->user().uid(), 10U);
  EXPECT_EQ(process->user().gid(), 2U);  // uid alone leaves the group
  EXPECT_THAT(process->user().additionalgids(), ElementsAre(3U, 11U));
  EXPECT_THAT(process->capabilities().bounding(), ElementsAre("CAP_KILL", "CAP_SYS_ADMIN"));
  EXPECT_THAT(process->capabilities().effective(), ElementsAre("CAP_SYS_ADMIN", "CAP_KILL"));
  EXPECT_TRUE(process->terminal());
  EXPECT_TRUE(process->nonewprivileges());
}

TEST(MergeProcess, ACapabilityThatCanBeHandedOnIsRaised) {
  auto container = base();
  container.mutable_capabilities()->add_inheritable("CAP_SYSLOG");
  auto o = options({"id"});
  o.capabilities = {"CAP_SYSLOG", "CAP_KILL"};
  auto process = merge_process(container, o);
  EXPECT_THAT(process->capabilities().ambient(), ElementsAre("CAP_SYSLOG"));
  EXPECT_THAT(process->capabilities().inheritable(), ElementsAre("CAP_SYSLOG"));
  EXPECT_THAT(process->capabilities().permitted(), ElementsAre("CAP_SYSLOG", "CAP_KILL"));
}

TEST(MergeProcess, TheUmaskIsNotTheContainers) {
  auto container = base();
  container.mutable_user()->set_umask(0077);
  EXPECT_FALSE(merge_process(container, options({"id"}))->user().has_umask());
}

TEST(MergeProcess, RefusesNonsense) {
  EXPECT_FALSE(merge_process(base(), options({})).ok());
  auto o = options({"x"});
  o.env = {"NOVALUE"};
  EXPECT_FALSE(merge_process(base(), o).ok());
  o.env = {"=x"};
  EXPECT_FALSE(merge_process(base(), o).ok());
}

TEST(ParseUser, NumbersOnly) {
  EXPECT_EQ(parse_user("7")->uid, 7U);
  EXPECT_FALSE(parse_user("7")->has_gid);
  EXPECT_EQ(parse_user("7:8")->gid, 8U);
  EXPECT_EQ(parse_user("4294967295")->uid, 4294967295U);
  for (const char* text : {"", "root", "7:", ":8", "7:8:9", "-1", "4294967296", "7x"}) {
    EXPECT_FALSE(parse_user(text).ok()) << text;
  }
}

}  // namespace
}  // namespace kata::cli
