#include "cli/container/companions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/sys/socket.h"
#include "lib/test/temp_dir.h"

namespace kata::cli {
namespace {

using ::testing::HasSubstr;

class CompanionsTest : public ::testing::Test {
 protected:
  void SetUp() override { globals_.root = temporary_.path(); }

  // A container whose shim is this process.
  Place add(const std::string& id, const std::string& sandbox, pid_t standin = 0) {
    auto made = make_place(globals_, id);
    EXPECT_TRUE(made.ok());
    Record record;
    record.id = id;
    record.sandbox_id = sandbox;
    record.shim = *mark_process(::getpid());
    if (standin > 0) record.standin = *mark_process(standin);
    EXPECT_TRUE(made->place.save(record).ok());
    made->lock.release();
    return made->place;
  }
  static grpc::Spec of_pod(const std::string& sandbox) {
    grpc::Spec spec;
    (*spec.mutable_annotations())["io.kubernetes.cri-o.ContainerType"] = "container";
    (*spec.mutable_annotations())["io.kubernetes.cri-o.SandboxID"] = sandbox;
    return spec;
  }
  static grpc::Spec in_network(const std::string& path) {
    grpc::Spec spec;
    auto* one = spec.mutable_linux()->add_namespaces();
    one->set_type("network");
    one->set_path(path);
    return spec;
  }
  std::string joined(const std::string& id, const grpc::Spec& spec) {
    auto found = find_companion(globals_, id, spec);
    if (!found) return found.error().text();
    return *found ? (*found)->place.id() : "nobody";
  }

  TempDir temporary_;
  Globals globals_;
};

TEST_F(CompanionsTest, AContainerOfAPodJoinsThePodsSandbox) {
  auto sandbox = add("s", "s-1");
  auto place = add("c", "c-1");
  ASSERT_TRUE(sys::unix_listen(sandbox.socket()).ok());
  ASSERT_TRUE(sys::write_file(sandbox.shim_stderr(), "last words").ok());
  auto companion = find_companion(globals_, "c", of_pod("s"));
  ASSERT_TRUE(companion.ok() && *companion) << companion.error().text();
  Record record;
  record.id = "c";
  ASSERT_TRUE(join(**companion, place, record).ok());
  EXPECT_EQ(record.sandbox_id, "s-1");
  EXPECT_EQ(record.shim.pid, ::getpid());
  ASSERT_TRUE(sys::remove_tree(sandbox.directory()).ok());
  EXPECT_TRUE(sys::exists(place.socket()));
  EXPECT_EQ(*sys::read_file(place.shim_stderr()), "last words");
}

TEST_F(CompanionsTest, ASandboxThatIsNotThereIsNamed) {
  EXPECT_THAT(joined("c", of_pod("s")), HasSubstr("container \"s\" does not exist"));
  auto place = add("s", "s-1");
  auto record = *place.load();
  record.shim = {};
  ASSERT_TRUE(place.save(record).ok());
  EXPECT_THAT(joined("c", of_pod("s")), HasSubstr("has ended"));
}

TEST_F(CompanionsTest, APodOfPodmansMayHaveNoSandbox) {
  auto spec = of_pod("s");
  (*spec.mutable_annotations())["io.container.manager"] = "libpod";
  EXPECT_EQ(joined("c", spec), "nobody");
  add("s", "s-1");
  EXPECT_EQ(joined("c", spec), "s");
}

TEST_F(CompanionsTest, WhoNamesAContainersNetworkJoinsIt) {
  auto child = sys::spawn({.argv = {"unshare", "--net", "sh", "-c", "echo; exec sleep 100"}});
  ASSERT_TRUE(child.ok());
  auto end = defer([&] {
    ::kill(child->pid, SIGKILL);
    ignore(sys::wait_child(child->pid));
  });
  auto path = concat("/proc/", child->pid, "/ns/net");
  auto own = sys::stat("/proc/self/ns/net")->st_ino;
  while (sys::stat(path)->st_ino == own) ::usleep(1000);
  add("other", "other-1");
  add("x", "x-1", child->pid);
  EXPECT_EQ(joined("c", in_network(path)), "x");
  EXPECT_EQ(joined("x", in_network(path)), "nobody") << "it is not its own companion";
  EXPECT_EQ(joined("c", in_network("/proc/self/ns/net")), "nobody") << "the host's is nobody's";
  EXPECT_EQ(joined("c", in_network("/no/such/namespace")), "nobody");
  EXPECT_EQ(joined("c", {}), "nobody");
}

TEST_F(CompanionsTest, AreThoseOfTheSameMachine) {
  auto one = add("a", "m");
  add("b", "n");
  EXPECT_FALSE(*has_companions(one, *one.load()));
  add("c", "m");
  EXPECT_TRUE(*has_companions(one, *one.load()));
}

}  // namespace
}  // namespace kata::cli
