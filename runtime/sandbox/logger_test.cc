#include "runtime/sandbox/logger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata {
namespace {

class LoggerTest : public testing::Test {
 protected:
  // Starts a logging program that is this script, with the arguments of a query.
  Result<Logger> start(const std::string& script, const std::string& query = "") {
    auto program = directory_ + "/logger";
    TRY(sys::write_file_atomic(program, "#!/bin/sh\ncd " + directory_ + "\n" + script, 0755));
    return start_logger("binary://" + program + query, "c1", "k8s.io");
  }

  std::string read(const std::string& file) { return sys::read_file(directory_ + "/" + file).value_or("missing"); }

  TempDir temporary_;
  std::string directory_ = temporary_.path();
};

TEST_F(LoggerTest, HasTheContainersOutputAndNothingElse) {
  auto logger = start(
      "ls /proc/self/fd >descriptors\necho \"$CONTAINER_ID $CONTAINER_NAMESPACE $@\" >told\n"
      "exec 5>&-\ncat <&3 >out\ncat <&4 >err\n",
      "?key=a%20value&flag");
  ASSERT_TRUE(logger.ok()) << logger.error().text();
  EXPECT_TRUE(sys::write_all(logger->out.get(), "to stdout"));
  EXPECT_TRUE(sys::write_all(logger->err.get(), "to stderr"));
  logger->out.reset();
  logger->err.reset();
  end_logger(logger->child);
  EXPECT_EQ(read("out"), "to stdout");
  EXPECT_EQ(read("err"), "to stderr");
  EXPECT_EQ(read("told"), "c1 k8s.io key a value flag\n");
  // 6 and what is above it is the shell's, which reads its script, and the directory that `ls` lists.
  EXPECT_THAT(read("descriptors"), testing::StartsWith("0\n1\n2\n3\n4\n5\n"));
}

TEST_F(LoggerTest, ThatIsNotThereIsNamed) {
  auto logger = start_logger("binary:///no/such/logger?a=b", "c1", "k8s.io");
  ASSERT_FALSE(logger.ok());
  EXPECT_EQ(logger.error().message(), "starting the logging program: run /no/such/logger: No such file or directory");
}

TEST_F(LoggerTest, ThatFailsAtOnceSaysHow) {
  auto logger = start("exit 7\n");
  // Its end may be seen before it can be waited for; then the first write fails instead.
  if (!logger) {
    EXPECT_THAT(logger.error().message(), testing::HasSubstr("exited with 7"));
  } else {
    end_logger(logger->child);
  }
}

}  // namespace
}  // namespace kata
