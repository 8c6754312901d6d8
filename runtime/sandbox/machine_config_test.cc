#include "runtime/sandbox/machine_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// `factory init`, a pod without limits and `do` share a template.
TEST(MachineConfigTest, WhoHasNoLimitsGetsTheDefaults) {
  resources::Demands pod;
  pod.set("c1", {});
  resources::Demand no_limits{.default_cpus = true, .default_memory = true};
  config::Config config;
  config.hypervisor.default_memory = 300;
  config.hypervisor.default_vcpus = 1;
  config.hypervisor.kernel_params = "a=1 b";
  auto one = machine_config(config, {}, pod.sum(), false);
  auto two = machine_config(config, {}, no_limits, false);
  EXPECT_EQ(one.memory_mib, 300U);
  EXPECT_EQ(one.memory_mib, two.memory_mib);
  EXPECT_EQ(one.vcpus, two.vcpus);
  EXPECT_EQ(one.max_vcpus, two.max_vcpus);
  EXPECT_EQ(one.kernel_params, two.kernel_params);
  EXPECT_THAT(one.kernel_params, ElementsAre(HasSubstr("agent.hotplug_timeout="), "a=1", "b"));
}

TEST(SecurityContext, IsTheConfigurationsOrTheContainersWhereSelinuxIsOn) {
  config::Hypervisor config;
  grpc::Spec spec;
  EXPECT_EQ(security_context(config, spec, true), "");
  spec.mutable_process()->set_selinuxlabel("system_u:system_r:container_kvm_t:s0:c1,c2");
  EXPECT_EQ(security_context(config, spec, true), "system_u:system_r:container_kvm_t:s0:c1,c2");
  EXPECT_EQ(security_context(config, spec, false), "") << "engines may write it whatever the host has";
  config.selinux_label = "u:r:t:s0";
  EXPECT_EQ(security_context(config, spec, true), "u:r:t:s0");
  config.disable_selinux = true;
  EXPECT_EQ(security_context(config, spec, true), "");
}

// What load_pod_config() says of a configuration file with this text and of these annotations.
struct Loaded {
  Result<config::Config> config;
  std::vector<std::string> warnings;
};
Loaded load(const std::string& text, const std::map<std::string, std::string>& annotations) {
  TempDir temporary;
  std::string base = temporary.path();
  EXPECT_TRUE(sys::write_file(base + "/kata.toml", text).ok());
  std::vector<std::string> warnings;
  log::set_sink([&](const log::Event& event) { warnings.push_back(log::to_text(event)); });
  auto config = load_pod_config(base + "/kata.toml", annotations);
  log::set_sink({});
  return {std::move(config), std::move(warnings)};
}

TEST(PodConfigTest, EnableDebugOfTheRuntimeIsTheLevelOfTheLog) {
  log::set_level(log::Level::kInfo);
  EXPECT_TRUE(load("[runtime]\nenable_debug = false\n", {}).config.ok());
  EXPECT_FALSE(log::enabled(log::Level::kDebug));
  EXPECT_TRUE(load("[runtime]\nenable_debug = true\n", {}).config.ok());
  EXPECT_TRUE(log::enabled(log::Level::kDebug));
  log::set_level(log::Level::kInfo);
}

TEST(PodConfigTest, AnAnnotationThatIsIgnoredIsLogged) {
  auto loaded = load("[hypervisor.qemu]\n", {{"io.katacontainers.config.runtime.no_such_key", "1"}});
  EXPECT_TRUE(loaded.config.ok());
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("no_such_key is not known, ignored")));
}

TEST(PodConfigTest, WarningsOfTheFileAndOfTheAnnotationsAreLoggedOnceEach) {
  auto loaded = load("[hypervisor.qemu]\nkernal = \"x\"\n", {{"io.katacontainers.config.runtime.no_such_key", "1"}});
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("kernal"), HasSubstr("no_such_key")));
}

TEST(PodConfigTest, WarningsAreLoggedBesideAnError) {
  auto loaded = load("[hypervisor.qemu]\nkernal = \"x\"\nenable_annotations = []\n",
                     {{"io.katacontainers.config.hypervisor.default_memory", "1"}});
  ASSERT_FALSE(loaded.config.ok());
  EXPECT_THAT(loaded.config.error().message(), HasSubstr("is not enabled"));
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("kernal")));
}

}  // namespace
}  // namespace kata
