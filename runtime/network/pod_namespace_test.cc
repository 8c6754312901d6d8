#include "runtime/network/pod_namespace.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "runtime/network/network_for_test.h"

namespace kata::network {
namespace {

grpc::Spec spec_with(const std::string& path) {
  grpc::Spec spec;
  spec.mutable_linux()->add_namespaces()->set_type("pid");
  auto& network = *spec.mutable_linux()->add_namespaces();
  network.set_type("network");
  network.set_path(path);
  return spec;
}

using PodNamespaceTest = NetworkTest;

TEST_F(PodNamespaceTest, FindsTheNamespace) {
  using Kind = PodNamespace::Kind;
  EXPECT_EQ(find_pod_namespace(spec_with(path_))->path, path_);
  EXPECT_EQ(find_pod_namespace(spec_with(""))->kind, Kind::kFresh);
  EXPECT_EQ(find_pod_namespace(spec_with("/proc/0/ns/net"))->kind, Kind::kFresh);
  EXPECT_EQ(find_pod_namespace(grpc::Spec())->kind, Kind::kNone);
  auto nerdctl = spec_with("");
  (*nerdctl.mutable_annotations())["nerdctl/network-namespace"] = path_;
  EXPECT_EQ(find_pod_namespace(nerdctl)->path, path_);
  EXPECT_FALSE(find_pod_namespace(spec_with("/run/netns/no-such")).ok());
}

TEST_F(PodNamespaceTest, RefusesTheHostsNetworkInClearWords) {
  grpc::Spec none;
  none.mutable_linux()->add_namespaces()->set_type("pid");
  for (const auto& spec : {none, spec_with("/proc/self/ns/net")}) {
    auto found = find_pod_namespace(spec);
    ASSERT_FALSE(found.ok());
    EXPECT_NE(found.error().message().find("host's network"), std::string::npos) << found.error().message();
    EXPECT_NE(found.error().hint_text().find("hostNetwork"), std::string::npos);
  }
}

TEST_F(PodNamespaceTest, FindsDockersNamespaceByItsHook) {
  std::string id(64, 'a');
  auto spec = spec_with("");
  auto& hook = *spec.mutable_hooks()->add_prestart();
  hook.set_path("/proc/1/exe");
  for (const auto& arg :
       {std::string("libnetwork-setkey"), std::string("-exec-root=/var/run/docker"), id, std::string("f00")})
    hook.add_args(arg);
  EXPECT_EQ(find_pod_namespace(spec, {base_})->kind, PodNamespace::Kind::kFresh) << "there is none yet";
  ASSERT_EQ(::symlink(path_.c_str(), (base_ + "/" + id).c_str()), 0);
  EXPECT_EQ(find_pod_namespace(spec, {base_})->kind, PodNamespace::Kind::kFresh) << "links are not followed";
  auto place = base_ + "/" + id.substr(0, 12);
  ASSERT_TRUE(sys::write_file(place, "").ok());
  ASSERT_EQ(::mount(path_.c_str(), place.c_str(), nullptr, MS_BIND, nullptr), 0);
  EXPECT_EQ(find_pod_namespace(spec, {"/nowhere", base_})->path, place);
  ::umount2(place.c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace kata::network
