#include "lib/oci/mounts.h"

#include <gtest/gtest.h>

namespace kata::oci {
namespace {

TEST(PlaceInProc, OnlySomeFilesMayBeCovered) {
  for (const char* place : {"/proc", "/process/x", "/proc/meminfo", "/proc/net/dev", "/proc/slabinfo",
                            "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled", "/data"}) {
    EXPECT_TRUE(check_place_in_proc(place)) << place;
  }
  for (const char* place : {"/proc/self/attr", "/proc/sys", "/proc/net", "/proc/meminfo/x"}) {
    EXPECT_TRUE(check_place_in_proc(place).error().is(Code::kPermissionDenied)) << place;
  }
}

}  // namespace
}  // namespace kata::oci
