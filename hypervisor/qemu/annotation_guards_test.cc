#include "hypervisor/qemu/annotation_guards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kata::hypervisor {
namespace {

using ::testing::HasSubstr;

TEST(AnnotationGuards, AMachineIsANameAndNothingElse) {
  EXPECT_TRUE(only_a_machine("q35").ok());
  EXPECT_TRUE(only_a_machine("pc-q35-7.2").ok());
  EXPECT_TRUE(only_a_machine("").ok());
  auto error = only_a_machine("q35,dumpdtb=/etc/cron.d/x");
  ASSERT_FALSE(error.ok());
  EXPECT_EQ(error.error().code(), Code::kPermissionDenied);
  EXPECT_THAT(error.error().text(), HasSubstr("machine_type of the configuration file"));
}

TEST(AnnotationGuards, AMachinesOptionsAreSwitches) {
  EXPECT_TRUE(only_machine_switches("nvdimm=on,kernel_irqchip=split,usb=off").ok());
  EXPECT_TRUE(only_machine_switches("nvdimm").ok());
  for (const auto* text : {"dumpdtb=/etc/passwd", "nvdimm=on,firmware=/etc/shadow", "kernel=/etc/shadow", "dtb=/x",
                           "memory-backend=ram", "accel=kvm", "nvdimm=/etc", "nvdimm=", "type=none"}) {
    EXPECT_FALSE(only_machine_switches(text).ok()) << text;
  }
}

TEST(AnnotationGuards, ACpusFeaturesAreOnOrOff) {
  EXPECT_TRUE(only_cpu_features("pmu=off,+avx512f,-x2apic,svm=on").ok());
  for (const auto* text :
       {"pmu", "vendor=x", "pmu=off,file=/etc/passwd", "+", "=on", "+a/b", "pmu=off,host-cache-info=/x"}) {
    EXPECT_FALSE(only_cpu_features(text).ok()) << text;
  }
}

}  // namespace
}  // namespace kata::hypervisor
