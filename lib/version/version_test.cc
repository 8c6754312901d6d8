#include "lib/version/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/sys/file.h"

namespace kata {
namespace {

TEST(VersionTest, TheCommitIsKnownWhereThereIsGit) {
  if (!sys::exists(KATA_SOURCE_DIR "/.git")) GTEST_SKIP() << "not built from a git repository";
  EXPECT_THAT(std::string(commit()), testing::MatchesRegex("[0-9a-f]{40}(-dirty)?"));
}

}  // namespace
}  // namespace kata
