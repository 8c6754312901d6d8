#include "agent/guest/on_demand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/utsname.h>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kStoreDep =
    "bridge.ko: stp.ko llc.ko\nvxlan.ko: udp_tunnel.ko\nnft_compat.ko: nf_tables.ko x_tables.ko\n"
    "crc32c_generic.ko:\ncrc32c_fast.ko:\n";
constexpr std::string_view kStoreAliases =
    "alias rtnl-link-bridge bridge\nalias rtnl-link-vxlan vxlan\nalias nft-expr-match nft_compat\n"
    "alias block-major-7-* loop\nalias crypto-crc32c crc32c_generic\nalias crypto-crc32c crc32c_fast\n"
    "alias crypto-crc32c crc32c_fast\nalias pci:v000010[0-9]Ad* vxlan\nalias too many words here\nalias\n";

TEST(OnDemand, ANameOrAnAliasSaysWhatIsMeant) {
  EXPECT_THAT(requested_modules(kStoreAliases, kStoreDep, "bridge"), ElementsAre("bridge"));
  EXPECT_THAT(requested_modules(kStoreAliases, kStoreDep, "nft-compat"), ElementsAre("nft_compat"));
  EXPECT_THAT(requested_modules(kStoreAliases, kStoreDep, "rtnl-link-vxlan"), ElementsAre("vxlan"));
  EXPECT_THAT(requested_modules(kStoreAliases, kStoreDep, "rtnl_link_vxlan"), ElementsAre("vxlan"));
  EXPECT_THAT(requested_modules(kStoreAliases, kStoreDep, "pci:v0000105Adxyz"), ElementsAre("vxlan"));
  EXPECT_THAT(requested_modules(kStoreAliases, kStoreDep, "crypto-crc32c"),
              ElementsAre("crc32c_generic", "crc32c_fast"));
}

TEST(OnDemand, WhatIsNotInTheListIsNothing) {
  for (const auto* request : {"", "stp", "fs-nfs", "rtnl-link-", "rtnl-link-bridge2", "block-major-7-0", "*",
                              "../bridge", "bridge.ko", "kernel/bridge"}) {
    EXPECT_THAT(requested_modules(kStoreAliases, kStoreDep, request), IsEmpty()) << request;
  }
}

TEST(OnDemand, ParametersAreTheListsAndThenTheCommandLines) {
  constexpr std::string_view kOptions = "options dummy numdummies=0\noptions nbd nbds_max=4 x=1\n";
  constexpr std::string_view kLine = "quiet dummy.numdummies=3 console=ttyS0.x nf-x.y=2 =.\n";
  EXPECT_EQ(module_parameters(kOptions, kLine, "dummy"), "numdummies=0 numdummies=3");
  EXPECT_EQ(module_parameters(kOptions, kLine, "nbd"), "nbds_max=4 x=1");
  EXPECT_EQ(module_parameters(kOptions, kLine, "nf_x"), "y=2");
  EXPECT_EQ(module_parameters(kOptions, kLine, "console"), "");
  EXPECT_EQ(module_parameters("", "", "bridge"), "");
}

TEST(OnDemand, WithoutAStoreNothingIsFound) {
  TempDir directory;
  EXPECT_TRUE(load_on_demand("bridge", "", directory.path()).error().is(Code::kNotFound));
  struct utsname kernel {};
  ASSERT_EQ(::uname(&kernel), 0);
  auto store = concat(directory.path(), "/", kernel.release);
  ASSERT_TRUE(sys::make_directories(store).ok());
  for (const auto* file : {"/modules.dep", "/modules.alias", "/modules.options"}) {
    ASSERT_TRUE(sys::write_file(store + file, "").ok());
  }
  EXPECT_TRUE(load_on_demand("bridge", "", directory.path()).error().is(Code::kNotFound));
}

TEST(OnDemand, IsCalledByTheKernelAsModprobe) {
  const char* kernels[] = {"/sbin/modprobe", "-q", "--", "bridge", nullptr};
  EXPECT_TRUE(is_modprobe(4, kernels));
  const char* agents[] = {"/init", "modprobe", nullptr};
  EXPECT_FALSE(is_modprobe(2, agents));
  EXPECT_FALSE(is_modprobe(0, agents));
  EXPECT_EQ(run_modprobe(1, kernels), 1);
}

}  // namespace
}  // namespace kata::agent
