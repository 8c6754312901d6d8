#include "hypervisor/registry/registry.h"

#include <gtest/gtest.h>

#include "hypervisor/fake/driver.h"

namespace kata::hypervisor {
namespace {

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

}  // namespace
}  // namespace kata::hypervisor
