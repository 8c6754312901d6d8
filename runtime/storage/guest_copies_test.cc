#include "runtime/storage/guest_copies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <thread>

#include "lib/base/concat.h"
#include "lib/base/mutex.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"
#include "runtime/storage/container_storage.h"

namespace kata::storage {
namespace {

using testing::HasSubstr;

// Puts the parts together as the agent does.
class GuestCopiesTest : public testing::Test {
 protected:
  SendFile receiver() {
    return [this](const grpc::CopyFileRequest& request) -> Result<> {
      MutexLock lock(mutex_);
      order_.push_back(request.path());
      auto& file = guest_[request.path()];
      if (request.offset() == 0) file.clear();
      EXPECT_EQ(static_cast<size_t>(request.offset()), file.size());
      EXPECT_LE(request.data().size(), 1U << 20U);
      file += S_ISDIR(request.file_mode()) ? "<directory>" : S_ISLNK(request.file_mode()) ? "-> " : "";
      file += request.data();
      modes_[request.path()] = request.file_mode();
      return {};
    };
  }
  std::string guest(const std::string& path) {
    MutexLock lock(mutex_);
    return guest_.contains(path) ? guest_[path] : "<nothing>";
  }

  TempDir temporary_;
  std::string base_ = temporary_.path();
  Mutex mutex_;
  std::map<std::string, std::string> guest_;
  std::map<std::string, uint32_t> modes_;
  std::vector<std::string> order_;
};

TEST_F(GuestCopiesTest, CopiesATree) {
  std::string big((1U << 20U) + 5, 'x');
  ASSERT_TRUE(sys::make_directories(base_ + "/v/dir").ok());
  ASSERT_TRUE(sys::write_file(base_ + "/v/empty", "", 0600).ok());
  ASSERT_TRUE(sys::write_file(base_ + "/v/dir/big", big).ok());
  ASSERT_EQ(::symlink("dir/big", (base_ + "/v/a-link").c_str()), 0);
  ASSERT_EQ(::mkfifo((base_ + "/v/fifo").c_str(), 0600), 0);
  uint64_t budget = kMostCopied;
  auto send = receiver();
  auto copied = copy_to_guest(base_ + "/v", "/g", send, budget);
  ASSERT_TRUE(copied.ok()) << copied.error().text();
  EXPECT_EQ(guest("/g"), "<directory>");
  EXPECT_EQ(guest("/g/empty"), "");
  EXPECT_EQ(modes_["/g/empty"] & 07777, 0600U);
  EXPECT_EQ(guest("/g/dir/big"), big);
  EXPECT_EQ(guest("/g/a-link"), "-> dir/big");
  EXPECT_EQ(guest("/g/fifo"), "<nothing>");
  EXPECT_EQ(order_.back(), "/g/a-link") << "links last";
  EXPECT_EQ(budget, kMostCopied - big.size());
}

TEST_F(GuestCopiesTest, TooMuchIsRefusedWithAWayOut) {
  ASSERT_TRUE(sys::write_file(base_ + "/file", "12345").ok());
  uint64_t budget = 4;
  auto send = receiver();
  auto copied = copy_to_guest(base_ + "/file", "/g", send, budget);
  ASSERT_FALSE(copied.ok());
  EXPECT_TRUE(copied.error().is(Code::kResourceExhausted));
  EXPECT_THAT(copied.error().text(), HasSubstr(base_ + "/file"));
  EXPECT_THAT(copied.error().text(), HasSubstr("shared_fs"));
}

// The kubelet's way: a new directory, a new link, and a rename over the old one.
TEST_F(GuestCopiesTest, FollowsASwapOfDotDotData) {
  auto volume = base_ + "/pods/1/volumes/kubernetes.io~configmap/settings";
  ASSERT_TRUE(sys::make_directories(volume + "/..1").ok());
  ASSERT_TRUE(sys::write_file(volume + "/..1/key", "old").ok());
  ASSERT_EQ(::symlink("..1", (volume + "/..data").c_str()), 0);
  ASSERT_EQ(::symlink("..data/key", (volume + "/key").c_str()), 0);
  grpc::Spec spec;
  (*spec.mutable_annotations())[kEmbeddedRootfs] = "busybox";
  auto* mount = spec.add_mounts();
  mount->set_type("bind");
  mount->set_source(volume);
  mount->set_destination("/etc/settings");
  auto storage = ContainerStorage::plan("c1", base_, spec, {}, {.shared_fs = SharedFs::kNone});
  ASSERT_TRUE(storage.ok()) << storage.error().text();
  Disks no_disks({}, {});
  auto copied = storage->plug_in(no_disks, receiver());
  ASSERT_TRUE(copied.ok()) << copied.error().text();
  std::string place = "/run/kata-containers/shared/containers/c1-copies/c1-0-settings";
  EXPECT_EQ(guest(place + "/..1/key"), "old");
  EXPECT_EQ(guest(place + "/..data"), "-> ..1");

  ASSERT_TRUE(sys::make_directories(volume + "/..2").ok());
  ASSERT_TRUE(sys::write_file(volume + "/..2/key", "new").ok());
  ASSERT_EQ(::symlink("..2", (volume + "/..data_tmp").c_str()), 0);
  ASSERT_EQ(::rename((volume + "/..data_tmp").c_str(), (volume + "/..data").c_str()), 0);
  for (int i = 0; i < 600 && guest(place + "/..data") != "-> ..2"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(guest(place + "/..data"), "-> ..2");
  EXPECT_EQ(guest(place + "/..2/key"), "new") << "the content came before the link";
}

}  // namespace
}  // namespace kata::storage
