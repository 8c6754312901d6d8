#include "lib/base/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

namespace kata {
namespace {

TEST(Error, SaysWhatWasDoneToWhatAndWhatToTry) {
  auto error = Error::sys(EACCES, "open", "/dev/kvm").wrap("starting QEMU").hint("run it as root");
  EXPECT_EQ(error.message(), "starting QEMU: open /dev/kvm: Permission denied");
  EXPECT_EQ(error.text(), "starting QEMU: open /dev/kvm: Permission denied (try: run it as root)");
  EXPECT_EQ(error.code(), Code::kPermissionDenied);
  EXPECT_TRUE(error.is_errno(EACCES));
}

TEST(Error, MoreIsSaidBehindTheMessage) {
  auto error = Error::make(Code::kUnavailable, "it ended").hint("restart it").add("it last said: no");
  EXPECT_EQ(error.message(), "it ended; it last said: no");
  EXPECT_EQ(error.hint_text(), "restart it");
}

TEST(Error, ItsCauseSurvivesWhateverIsSaidAboutIt) {
  auto error = Error::make(Code::kUnavailable, "it ended").killed_by(SIGKILL);
  auto told = error.wrap("starting it").hint("look").add("more").with_code(Code::kInternal);
  EXPECT_EQ(told.cause(), Cause::kKilledBySignal);
  EXPECT_EQ(told.signal(), SIGKILL);
}

TEST(Error, ATextIsNoCause) {
  auto error = Error::make(Code::kUnavailable, "guest kernel panic: the agent was killed by SIGKILL");
  EXPECT_EQ(error.cause(), Cause::kUnspecified);
  EXPECT_EQ(error.signal(), 0);
  EXPECT_EQ(error.killed_by(SIGKILL).because(Cause::kDamagedSavedMachine).signal(), 0);
}

}  // namespace
}  // namespace kata
