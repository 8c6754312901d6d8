// A bundle below a temporary directory, in a mount namespace of the test program's own. Only for tests.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "runtime/host_resources/files.h"
#include "runtime/storage/container_storage.h"

namespace kata::storage {

inline std::string options_of(const grpc::Storage& storage) {
  std::string out;
  for (const auto& option : storage.options()) out += (out.empty() ? "" : ",") + option;
  return out;
}

class BundleTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    static bool own_mounts = ::unshare(CLONE_NEWNS) == 0 && sys::set_propagation("/", MS_SLAVE | MS_REC).ok();
    ASSERT_TRUE(own_mounts);
    char name[] = "/tmp/kata-storage-XXXXXX";
    base_ = ::mkdtemp(name);
    bundle_ = base_ + "/bundle";
    ASSERT_TRUE(sys::make_directories(bundle_ + "/rootfs").ok());
    spec_.mutable_root()->set_path("rootfs");
  }
  void TearDown() override {
    if (base_.empty()) return;
    // Not sys::remove_tree: a mount that a failed test left would lead it astray.
    EXPECT_TRUE(host::remove_tree(base_).ok());
  }
  grpc::Mount& add_bind(const std::string& source, const std::string& destination, const std::string& option = "rw") {
    auto* mount = spec_.add_mounts();
    mount->set_source(source);
    mount->set_destination(destination);
    mount->set_type("bind");
    mount->add_options("rbind");
    mount->add_options(option);
    return *mount;
  }

  std::string base_, bundle_;
  grpc::Spec spec_;
};

}  // namespace kata::storage
