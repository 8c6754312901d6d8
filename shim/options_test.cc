#include "shim/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace kata::shim {
namespace {

Result<Options> parse(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  return parse_options(pointers);
}

TEST(OptionsTest, ContainerdsCall) {
  auto options = parse({"-namespace", "k8s.io", "-address", "/run/c.sock", "-publish-binary", "/usr/bin/containerd",
                        "-id", "abc", "-debug", "start"});
  ASSERT_TRUE(options.ok()) << options.error().text();
  EXPECT_EQ(options->name_space, "k8s.io");
  EXPECT_EQ(options->address, "/run/c.sock");
  EXPECT_EQ(options->id, "abc");
  EXPECT_TRUE(options->debug);
  EXPECT_EQ(options->action, Action::kStart);
}

TEST(OptionsTest, GosOtherSpellings) {
  auto options = parse({"--id=a=b", "-debug=false", "--bundle", "", "-v"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->id, "a=b");
  EXPECT_FALSE(options->debug);
  EXPECT_TRUE(options->version);
  EXPECT_EQ(options->action, Action::kServe);
  EXPECT_EQ(parse({"-id", "x", "--", "delete"})->action, Action::kDelete);
  EXPECT_EQ(parse({"features"})->action, Action::kFeatures);
}

TEST(OptionsTest, MistakesAreNamed) {
  EXPECT_THAT(parse({"-nonsense"}).error().message(), testing::HasSubstr("-nonsense"));
  EXPECT_THAT(parse({"-id"}).error().message(), testing::HasSubstr("-id needs a value"));
  EXPECT_THAT(parse({"-debug=maybe"}).error().message(), testing::HasSubstr("maybe"));
  EXPECT_THAT(parse({"stop"}).error().message(), testing::HasSubstr("stop"));
  EXPECT_THAT(parse({"start", "again"}).error().message(), testing::HasSubstr("again"));
}

TEST(OptionsTest, TheProgramsNameMayNameAConfiguration) {
  EXPECT_EQ(variant_of("/usr/bin/containerd-shim-kata-fc-v2"), "fc");
  EXPECT_EQ(variant_of("containerd-shim-kata-qemu-tdx-v2"), "qemu-tdx");
  EXPECT_EQ(variant_of("/usr/bin/containerd-shim-kata-v2"), "");
  EXPECT_EQ(variant_of("containerd-shim-kata--v2"), "");
  EXPECT_EQ(variant_of(""), "");
}

TEST(OptionsTest, TheUsageNamesEveryFlag) {
  for (const char* flag : {"-namespace", "-address", "-id", "-bundle", "-sandbox-id", "-log-format", "-debug"}) {
    EXPECT_THAT(usage(), testing::HasSubstr(flag));
  }
}

}  // namespace
}  // namespace kata::shim
