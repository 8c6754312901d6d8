#include "agent/storage/block_device.h"

#include <gtest/gtest.h>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

TEST(PciPath, Parses) {
  auto path = parse_pci_path("02/1f.7");
  ASSERT_TRUE(path.ok());
  ASSERT_EQ(path->size(), 2U);
  EXPECT_EQ((*path)[0].slot, 2U);
  EXPECT_EQ((*path)[1].slot, 0x1fU);
  EXPECT_EQ((*path)[1].function, 7U);
}

TEST(PciPath, RefusesNonsense) {
  for (const auto* text : {"", "/", "02/", "20", "02.8", "xx", "02//03", "../02"}) {
    EXPECT_FALSE(parse_pci_path(text).ok()) << text;
  }
}

class SysfsTest : public testing::Test {
 protected:
  void SetUp() override {
    make("pci0000:00/0000:00:02.0/0000:01:03.0/virtio4/block/vdb");
    make("pci0000:00/0000:00:03.0/virtio1/block/vda");
    make("pci0000:00/0000:00:04.0/virtio2/net/eth0");
    make("platform/x");
  }
  void make(const std::string& path) { ASSERT_TRUE(sys::make_directories(root_ + "/" + path).ok()); }
  std::string find(const std::string& path) {
    auto device = find_pci_device(root_, parse_pci_path(path).value());
    return device.empty() ? "" : find_block_name(device);
  }

  TempDir temporary_;
  std::string root_ = temporary_.path();
};

TEST_F(SysfsTest, FindsDisksByPciPath) {
  EXPECT_EQ(find("03"), "vda");
  EXPECT_EQ(find("02/03"), "vdb");
}

TEST_F(SysfsTest, FindsNothingElsewhere) {
  EXPECT_EQ(find("05"), "");
  EXPECT_EQ(find("03/03"), "");
  EXPECT_EQ(find("03.1"), "");
  EXPECT_EQ(find("04"), "");  // a network device
}

TEST(BlockDevice, WaitingEndsWithTheSourceInTheError) {
  auto found = wait_for_block_device("blk", "1e/1e", std::chrono::milliseconds(1));
  ASSERT_FALSE(found.ok());
  EXPECT_TRUE(found.error().is(Code::kNotFound));
  EXPECT_NE(found.error().message().find("1e/1e"), std::string::npos);
}

TEST(BlockDevice, AnOddSourceIsInvalid) {
  EXPECT_TRUE(wait_for_block_device("scsi", "nonsense", {}).error().is(Code::kInvalidArgument));
  EXPECT_TRUE(wait_for_block_device("blk", "zz", {}).error().is(Code::kInvalidArgument));
}

TEST(BlockDevice, ANodeThatIsThereIsTaken) {
  EXPECT_EQ(wait_for_block_device("mmioblk", "/dev/null", {}).value(), "/dev/null");
}

}  // namespace
}  // namespace kata::agent
