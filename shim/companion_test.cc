#include "shim/companion.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/test/temp_dir.h"

namespace kata::shim {
namespace {

class CompanionTest : public ::testing::Test {
 protected:
  void add(const std::string& sandbox, const std::string& state) {
    ASSERT_TRUE(sys::make_directories(concat(run_.path(), "/", sandbox), 0700).ok());
    ASSERT_TRUE(sys::write_file(concat(run_.path(), "/", sandbox, "/state.json"), state).ok());
  }
  std::string owner(const std::string& id, const std::string& path) {
    grpc::Spec spec;
    auto* one = spec.mutable_linux()->add_namespaces();
    one->set_type("network");
    one->set_path(path);
    return owner_of_network(run_.path(), id, spec).value_or("nobody");
  }

  TempDir run_;
};

TEST_F(CompanionTest, WhoNamesTheNetworkOfAMachineJoinsItsPod) {
  auto child = sys::spawn({.argv = {"unshare", "--net", "sh", "-c", "echo; exec sleep 100"}});
  ASSERT_TRUE(child.ok());
  auto end = defer([&] {
    ::kill(child->pid, SIGKILL);
    ignore(sys::wait_child(child->pid));
  });
  auto path = concat("/proc/", child->pid, "/ns/net");
  auto own = sys::stat("/proc/self/ns/net")->st_ino;
  while (sys::stat(path)->st_ino == own) ::usleep(1000);
  add("booting", R"({"version":1})");
  add("broken", "{");
  add("other", concat(R"({"vmPid":)", ::getpid(), "}"));
  EXPECT_EQ(owner("c", path), "nobody");
  add("x", concat(R"({"vmPid":)", child->pid, "}"));
  EXPECT_EQ(owner("c", path), "x");
  EXPECT_EQ(owner("x", path), "nobody") << "it is not its own companion";
  EXPECT_EQ(owner("c", "/proc/self/ns/net"), "nobody") << "the host's is nobody's";
  EXPECT_EQ(owner("c", "/no/such/namespace"), "nobody");
  EXPECT_EQ(owner("c", ""), "nobody");
}

}  // namespace
}  // namespace kata::shim
