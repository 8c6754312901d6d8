#include "hypervisor/registry/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hypervisor/fake/driver.h"

namespace kata::hypervisor {
namespace {

using testing::HasSubstr;

TEST(RegistryTest, ABuiltInDriverIsFoundByItsName) {
  ASSERT_FALSE(drivers().empty());
  const auto* first = drivers().front();
  EXPECT_EQ(find_driver(first->name()), first);
  EXPECT_EQ(find_driver("no-such-vmm"), nullptr);
}

TEST(RegistryTest, ATestsDriverIsThereForAsLongAsItIsRegistered) {
  FakeDriver fake;
  {
    Registered here(fake);
    EXPECT_EQ(find_driver("fake"), &fake);
    EXPECT_NE(drivers().front(), &fake) << "the default stays";
  }
  EXPECT_EQ(find_driver("fake"), nullptr);
}

TEST(RegistryTest, AnUnknownNameIsAnErrorThatSaysWhichThereAre) {
  FakeDriver fake("pretender");
  Registered here(fake);
  auto found = require_driver("no-such-vmm");
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.error().hint_text(), HasSubstr("pretender"));
}

}  // namespace
}  // namespace kata::hypervisor
