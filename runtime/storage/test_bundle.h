// A bundle below a temporary directory, in a mount namespace of the test program's own. Only for tests.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/test/temp_dir.h"
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
    base_ = temporary_.path();
    bundle_ = base_ + "/bundle";
    ASSERT_TRUE(sys::make_directories(bundle_ + "/rootfs").ok());
    spec_.mutable_root()->set_path("rootfs");
  }
  Result<ContainerStorage> plan_it(const PlanSettings& settings = {}, const std::vector<Mount>& rootfs = {}) {
    return ContainerStorage::plan("c1", bundle_, spec_, rootfs, settings);
  }
  // What the agent is told. Disks are plugged into nothing and get the addresses 1e/01, 1e/02, …
  grpc::CreateContainerRequest tell(ContainerStorage& storage) {
    EXPECT_TRUE(storage
                    .plug_in(disks_,
                             [this](const grpc::CopyFileRequest& request) {
                               copied_.push_back(request.path());
                               return Result<>();
                             })
                    .ok());
    grpc::CreateContainerRequest request;
    *request.mutable_oci() = spec_;
    storage.describe(request);
    return request;
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

  TempDir temporary_;
  std::string base_, bundle_;
  grpc::Spec spec_;
  std::vector<hypervisor::Disk> plugged_;
  std::vector<std::string> unplugged_, copied_;
  Disks disks_{
      {},
      {.attach = [this](const hypervisor::Disk& disk) -> Result<hypervisor::GuestAddress> {
         plugged_.push_back(disk);
         return hypervisor::GuestAddress{hypervisor::GuestAddress::Kind::kPci, concat("1e/0", plugged_.size())};
       },
       .detach =
           [this](const std::string& id) {
             unplugged_.push_back(id);
             return Result<>();
           }}};
};

}  // namespace kata::storage
