#include "runtime/systemd/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"
#include "runtime/systemd/fake_systemd_for_test.h"

namespace kata::systemd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(ScopeName, IsWhatSystemdCanName) {
  EXPECT_TRUE(is_scope_name("cri-containerd-0123abc.scope"));
  EXPECT_TRUE(is_scope_name("a:b-c_d.e\\x2d.scope"));
  EXPECT_FALSE(is_scope_name(".scope"));
  EXPECT_FALSE(is_scope_name("pod.slice"));
  EXPECT_FALSE(is_scope_name("a/b.scope"));
  EXPECT_FALSE(is_scope_name("a b.scope"));
  EXPECT_FALSE(is_scope_name(std::string("a\0b.scope", 9)));
  EXPECT_TRUE(is_scope_name(std::string(249, 'a') + ".scope"));
  EXPECT_FALSE(is_scope_name(std::string(250, 'a') + ".scope"));
}

class ScopeTest : public testing::Test {
 protected:
  void SetUp() override { systemd_ = std::make_unique<FakeSystemd>(directory_); }
  void TearDown() override { systemd_.reset(); }
  Result<> start() { return start_scope({.name = "x.scope", .slice = "pods.slice", .processes = {17, 4711}}); }
  // The only call of that method.
  ManagerCall call(const std::string& method) const {
    auto calls = systemd_->calls();
    auto found = std::find_if(calls.begin(), calls.end(), [&](const auto& one) { return one.method == method; });
    if (found != calls.end()) return *found;
    ADD_FAILURE() << "nobody called " << method;
    return {};
  }
  bool called(const std::string& method) const {
    auto calls = systemd_->calls();
    return std::any_of(calls.begin(), calls.end(), [&](const auto& one) { return one.method == method; });
  }

  TempDir temporary_;
  std::string directory_ = temporary_.path();
  std::unique_ptr<FakeSystemd> systemd_;
};

TEST_F(ScopeTest, IsMadeDelegatedToUsWithItsProcesses) {
  auto made = start();
  ASSERT_TRUE(made.ok()) << made.error().text();
  auto asked = call("StartTransientUnit");
  EXPECT_THAT(asked.words, ElementsAre("x.scope", "fail"));
  using Properties = std::map<std::string, std::string>;
  EXPECT_EQ(asked.properties, (Properties{{"Description", description_of("x.scope")},
                                          {"Slice", "pods.slice"},
                                          {"Delegate", "true"},
                                          {"DefaultDependencies", "false"},
                                          {"CPUAccounting", "true"},
                                          {"MemoryAccounting", "true"},
                                          {"TasksAccounting", "true"},
                                          {"IOAccounting", "true"},
                                          {"CollectMode", "inactive-or-failed"},
                                          {"PIDs", "17 4711"}}));
}

TEST_F(ScopeTest, AJobThatFailsIsAnError) {
  systemd_->end_jobs_with("failed");
  auto error = start().error();
  EXPECT_THAT(error.message(), HasSubstr("systemd says \"failed\""));
  EXPECT_THAT(error.message(), HasSubstr("x.scope"));
}

TEST_F(ScopeTest, AUnitOfThatNameIsSaidToExist) {
  systemd_->refuse("StartTransientUnit", "org.freedesktop.systemd1.UnitExists");
  EXPECT_EQ(start().error().code(), Code::kAlreadyExists);
}

TEST_F(ScopeTest, ABusWithoutSystemdIsUnavailable) {
  systemd_->refuse("StartTransientUnit", "org.freedesktop.DBus.Error.ServiceUnknown");
  EXPECT_EQ(start().error().code(), Code::kUnavailable);
}

TEST_F(ScopeTest, OnlyTheLimitsThatAreGivenAreSet) {
  ASSERT_TRUE(set_limits("x.scope", {.memory_max = 1 << 20, .cpu_quota = {}, .cpu_weight = 50, .cpu_shares = {}}).ok());
  auto asked = call("SetUnitProperties");
  EXPECT_THAT(asked.words, ElementsAre("x.scope"));
  EXPECT_THAT(asked.properties, UnorderedElementsAre(Pair("MemoryMax", "1048576"), Pair("CPUWeight", "50")));
}

TEST_F(ScopeTest, IsStoppedAndForgotten) {
  systemd_->describe_units_as(description_of("x.scope"));
  systemd_->refuse("ResetFailedUnit", "org.freedesktop.systemd1.NoSuchUnit");  // it did not fail
  ASSERT_TRUE(stop_scope("x.scope").ok());
  EXPECT_THAT(call("StopUnit").words, ElementsAre("x.scope", "replace"));
  EXPECT_TRUE(called("ResetFailedUnit"));
}

TEST_F(ScopeTest, SomebodyElsesUnitIsLeftAlone) {
  systemd_->describe_units_as("Somebody else's");
  ASSERT_TRUE(stop_scope("x.scope").ok());
  EXPECT_FALSE(called("StopUnit"));
}

TEST_F(ScopeTest, OneThatIsGoneIsStopped) {
  systemd_->describe_units_as(description_of("x.scope"));
  systemd_->refuse("StopUnit", "org.freedesktop.systemd1.NoSuchUnit");
  EXPECT_TRUE(stop_scope("x.scope").ok());
}

TEST_F(ScopeTest, AServiceIsReloaded) {
  ASSERT_TRUE(reload_unit("docker.service").ok());
  EXPECT_THAT(call("ReloadUnit").words, ElementsAre("docker.service", "replace"));
  systemd_->end_jobs_with("failed");
  EXPECT_FALSE(reload_unit("docker.service").ok());
  systemd_->refuse("ReloadUnit", "org.freedesktop.systemd1.NoSuchUnit");
  EXPECT_EQ(reload_unit("docker.service").error().code(), Code::kNotFound);
}

TEST(Scope, WithoutABusItSaysWhatMustRun) {
  ::setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus", 1);
  auto error = start_scope({.name = "x.scope", .slice = "pods.slice", .processes = {1}}).error();
  ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
  EXPECT_EQ(error.code(), Code::kUnavailable);
  EXPECT_THAT(error.text(), HasSubstr("start systemd and dbus"));
}

}  // namespace
}  // namespace kata::systemd
