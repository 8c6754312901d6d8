#include "deploy/settings/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kata::deploy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<Settings> read(const std::map<std::string, std::string>& variables) {
  auto variable = [&](const std::string& name) {
    auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
  return read_settings(variable, "x86_64");
}

std::string refusal(const std::map<std::string, std::string>& variables) {
  auto settings = read(variables);
  return settings ? "taken" : settings.error().text();
}

TEST(Settings, NothingSaidIsAllOfThePayloadInOptKata) {
  auto settings = read({}).value();
  EXPECT_TRUE(settings.shims.empty());
  EXPECT_EQ(settings.prefix, "/opt/kata");
  EXPECT_EQ(settings.distribution, "k8s");
  EXPECT_EQ(settings.handler("qemu"), "kata-qemu");
}

TEST(Settings, WhatIsSaidForThisArchitectureWins) {
  auto settings = read({{"SHIMS", "a"},
                        {"SHIMS_X86_64", "qemu, clh"},
                        {"SHIMS_S390X", "z"},
                        {"DEFAULT_SHIM_X86_64", "clh"},
                        {"ALLOWED_HYPERVISOR_ANNOTATIONS_X86_64", "qemu:default_memory,default_vcpus kernel clh:image"},
                        {"SNAPSHOTTER_HANDLER_MAPPING", "qemu:nydus,clh:erofs"}})
                      .value();
  EXPECT_THAT(settings.shims, ElementsAre("qemu", "clh"));
  EXPECT_EQ(settings.default_shim, "clh");
  EXPECT_THAT(settings.annotations["qemu"], ElementsAre("default_memory", "default_vcpus", "kernel"));
  EXPECT_THAT(settings.annotations["clh"], ElementsAre("image"));
  EXPECT_EQ(settings.snapshotters["qemu"], "nydus");
  EXPECT_EQ(settings.snapshotters["clh"], "erofs");
}

TEST(Settings, TheSuffixIsInThePlaceAndInTheHandlers) {
  auto settings = read({{"INSTALLATION_PREFIX", "/usr/local/"}, {"MULTI_INSTALL_SUFFIX", "dev"}}).value();
  EXPECT_EQ(settings.prefix, "/usr/local/opt/kata-dev");
  EXPECT_EQ(settings.handler("qemu"), "kata-qemu-dev");
}

TEST(Settings, WhatCannotBeIsRefusedByItsName) {
  EXPECT_THAT(refusal({{"DEBUG", "yes"}}), HasSubstr("DEBUG=yes is neither true nor false (try: set DEBUG to"));
  EXPECT_THAT(refusal({{"SHIMS", "qemu ../x"}}), HasSubstr("SHIMS: \"../x\" is no name of Kubernetes"));
  EXPECT_THAT(refusal({{"MULTI_INSTALL_SUFFIX", "A b"}}), HasSubstr("MULTI_INSTALL_SUFFIX: \"A b\""));
  EXPECT_THAT(refusal({{"INSTALLATION_PREFIX", "opt"}}), HasSubstr("INSTALLATION_PREFIX=opt is no absolute path"));
  EXPECT_THAT(refusal({{"INSTALLATION_PREFIX", "/a/../.."}}), HasSubstr("is no absolute path"));
  EXPECT_THAT(refusal({{"SNAPSHOTTER_HANDLER_MAPPING", "nydus"}}), HasSubstr("\"nydus\" names no shim"));
  EXPECT_THAT(refusal({{"PULL_TYPE_MAPPING", "qemu:guest-pull"}}), HasSubstr("cannot pull images by \"guest-pull\""));
  EXPECT_EQ(refusal({{"PULL_TYPE_MAPPING", "qemu:default"}}), "taken");
}

TEST(Settings, WhatHasNoEffectIsSaid) {
  EXPECT_THAT(read({{"AGENT_NO_PROXY", "x"}}).value().notes, ElementsAre(HasSubstr("AGENT_NO_PROXY has no effect")));
}

}  // namespace
}  // namespace kata::deploy
