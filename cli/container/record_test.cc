#include "cli/container/record.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kata::cli {
namespace {

Record sample() {
  Record out;
  out.id = "c1";
  out.bundle = "/b";
  out.rootfs = "/b/rootfs";
  out.sandbox_id = "c1-0011";
  out.oci_version = "1.0.2";
  out.annotations = {{"a", "1"}, {"quote\"", "line\nbreak"}};
  out.created = "2023-11-14T22:13:20.000000042Z";
  out.owner = "root";
  out.terminal = true;
  out.owns_bundle = true;
  out.shim = {12, 3456789012345ULL};
  out.standin = {13, 99};
  return out;
}

TEST(Record, SurvivesTheRoundTrip) {
  auto record = sample();
  auto read = parse_record(to_json(record));
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->id, record.id);
  EXPECT_EQ(read->bundle, record.bundle);
  EXPECT_EQ(read->rootfs, record.rootfs);
  EXPECT_EQ(read->sandbox_id, record.sandbox_id);
  EXPECT_EQ(read->oci_version, record.oci_version);
  EXPECT_EQ(read->annotations, record.annotations);
  EXPECT_EQ(read->created, record.created);
  EXPECT_EQ(read->owner, record.owner);
  EXPECT_TRUE(read->terminal);
  EXPECT_TRUE(read->owns_bundle);
  EXPECT_EQ(read->shim.pid, 12);
  EXPECT_EQ(read->shim.start_time, 3456789012345ULL);
  EXPECT_EQ(read->standin.pid, 13);
  EXPECT_EQ(read->standin.start_time, 99U);
}

TEST(Record, DamageIsAnError) {
  auto whole = to_json(sample());
  for (size_t length : {size_t{0}, size_t{1}, whole.size() / 2, whole.size() - 3}) {
    EXPECT_FALSE(parse_record(whole.substr(0, length)).ok()) << length;
  }
  EXPECT_FALSE(parse_record("[]").ok());
  EXPECT_FALSE(parse_record("{}").ok());
  EXPECT_FALSE(parse_record(R"({"id": 7})").ok());
}

TEST(ProcessMark, TellsALiveProcessFromADeadOne) {
  auto child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  auto mark = mark_process(child);
  ASSERT_TRUE(mark.ok());
  EXPECT_TRUE(still_runs(*mark));
  // The same number of another life.
  EXPECT_FALSE(still_runs({mark->pid, mark->start_time + 1}));
  ::kill(child, SIGKILL);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  EXPECT_FALSE(still_runs(*mark));  // a zombie
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(still_runs(*mark));
  EXPECT_FALSE(still_runs({0, 0}));
}

}  // namespace
}  // namespace kata::cli
