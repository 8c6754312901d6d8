#include "runtime/accelerator/kernel_module.h"

#include <gtest/gtest.h>

namespace kata::accelerator {
namespace {

constexpr char kList[] =
    "kernel/arch/x86/kvm/kvm-amd.ko: kernel/arch/x86/kvm/kvm.ko\n"
    "kernel/drivers/vhost/vhost_vsock.ko.xz: kernel/drivers/vhost/vhost.ko.xz\n"
    "vhost.ko:\n";

TEST(KernelModules, AreFoundByTheirNamesWithEitherDash) {
  EXPECT_TRUE(lists_module(kList, "kvm_amd"));
  EXPECT_TRUE(lists_module(kList, "vhost-vsock"));
  EXPECT_TRUE(lists_module(kList, "vhost"));
}

TEST(KernelModules, AreNotWhatOthersNeedOrHaveInTheirNames) {
  EXPECT_FALSE(lists_module(kList, "kvm"));
  EXPECT_FALSE(lists_module(kList, "vhost_net"));
  EXPECT_FALSE(lists_module(kList, "vsock"));
  EXPECT_FALSE(lists_module("", "kvm_amd"));
}

TEST(KernelModules, AdviceForOneThatNobodyHasNamesThePlaceThatLacksIt) {
  auto advice = how_to_load("no_such_module");
  EXPECT_NE(advice.find("use a kernel that has it: "), std::string::npos) << advice;
  EXPECT_NE(advice.find("/lib/modules/"), std::string::npos) << advice;
}

}  // namespace
}  // namespace kata::accelerator
