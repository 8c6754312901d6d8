// What becomes of fields that cannot work here, and of words that mean nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "lib/oci/json.h"
#include "lib/proto/oci.pb.h"

namespace kata::oci {
namespace {

using ::testing::HasSubstr;

std::string with_member(std::string_view member) {
  return std::string(R"({"ociVersion":"1.0.2",)").append(member).append("}");
}
std::string with_process_member(std::string_view member) {
  return with_member(std::string(R"("process":{"args":["a"],"cwd":"/",)").append(member).append("}"));
}
std::string refusal_of(std::string_view json) {
  auto spec = parse_spec(json);
  return spec ? "accepted" : spec.error().message();
}

TEST(OciFields, NamesWhatHasNoEffect) {
  Ignored ignored;
  ASSERT_TRUE(parse_spec(with_member(R"("quantum":{"spin":1},"vm":{"kernel":{"path":"/k"}},"windows":null,
      "process":{"args":["a"],"cwd":"/","execCPUAffinity":{"initial":"0"},"apparmorProfile":"",
                 "scheduler":{"policy":"SCHED_OTHER","color":"red"}},
      "linux":{"resources":{"memory":{"kernel":5,"kernelTCP":0,"useHierarchy":true,"new":[]},
                            "rdma":{"mlx5":{"hcaHandles":3}}},
               "intelRdt":{"closID":"c"},"namespaces":[{"type":"pid","lifetime":3}]})"),
                         &ignored)
                  .ok());
  std::string all;
  for (const auto& one : ignored) all += one.substr(0, one.find(' ')) + "\n";
  EXPECT_EQ(all,
            "process.scheduler.color\nprocess.execCPUAffinity\nlinux.resources.memory.kernel\n"
            "linux.resources.memory.new\nlinux.resources.rdma\nlinux.namespaces[0].lifetime\nlinux.intelRdt.closID\n"
            "vm\nquantum\n");
  EXPECT_EQ(ignored.back(), "quantum (unknown)");
  Ignored none;
  ASSERT_TRUE(parse_spec(with_member(R"("hostname":"h")"), &none).ok());
  EXPECT_TRUE(none.empty());
}

TEST(OciFields, RefusesWhatRuncRefuses) {
  const std::pair<const char*, const char*> kCases[] = {
      {R"("linux":{"uidMappings":[{"containerID":0,"hostID":1,"size":1}]})", "uidMappings: needs a namespace"},
      {R"("linux":{"namespaces":[{"type":"user"}]})", "uidMappings: must be given"},
      {R"("linux":{"timeOffsets":{"boottime":{"secs":1}}})", "timeOffsets: needs a namespace"},
      {R"("linux":{"namespaces":[{"type":"time"}],"timeOffsets":{"realtime":{"secs":1}}})", "monotonic and boottime"},
      {R"("linux":{"personality":{"domain":"SOLARIS"}})", "personality.domain: must be"},
      {R"("linux":{"memoryPolicy":{"mode":"MPOL_NEAR"}})", "memoryPolicy.mode: must be"},
      {R"("linux":{"memoryPolicy":{"mode":"MPOL_BIND","nodes":"a"}})", "memoryPolicy.nodes: expected"},
      {R"("linux":{"memoryPolicy":{"mode":"MPOL_BIND","flags":["X"]}})", "memoryPolicy.flags: must be"},
      {R"("linux":{"netDevices":{"eth0":{"name":"x"}}})", "netDevices: an interface of the host"},
      {R"("mounts":[{"destination":"/x","uidMappings":[{"containerID":0,"hostID":1,"size":1}]}])", "gidMappings"},
  };
  for (const auto& [text, expected] : kCases) EXPECT_THAT(refusal_of(with_member(text)), HasSubstr(expected)) << text;
  const std::pair<const char*, const char*> kProcesses[] = {
      {R"("scheduler":{"policy":"SCHED_FAIR"})", "scheduler.policy: must be"},
      {R"("scheduler":{"policy":"SCHED_OTHER","nice":20})", "scheduler.nice: must be"},
      {R"("scheduler":{"policy":"SCHED_OTHER","priority":1})", "scheduler.priority: is of"},
      {R"("scheduler":{"policy":"SCHED_FIFO","period":1})", "scheduler.runtime: is of"},
      {R"("scheduler":{"policy":"SCHED_FIFO","flags":["X"]})", "scheduler.flags: must be"},
      {R"("ioPriority":{"class":"X","priority":1})", "ioPriority.class: must be"},
      {R"("ioPriority":{"class":"IOPRIO_CLASS_BE","priority":8})", "ioPriority.priority: must be"},
  };
  for (const auto& [text, expected] : kProcesses)
    EXPECT_THAT(refusal_of(with_process_member(text)), HasSubstr(expected)) << text;
}

TEST(OciFields, AModeOfZeroIsNotNoMode) {
  auto none = parse_spec(with_member(R"("linux":{"devices":[{"path":"/dev/a","type":"c","major":1,"minor":3}]})"));
  auto zero =
      parse_spec(with_member(R"("linux":{"devices":[{"path":"/dev/a","type":"c","major":1,"minor":3,"fileMode":0}]})"));
  EXPECT_EQ(none->linux().devices(0).filemode(), 0U);
  EXPECT_NE(zero->linux().devices(0).filemode(), 0U);
  EXPECT_EQ(zero->linux().devices(0).filemode() & 07777U, 0U);
}

}  // namespace
}  // namespace kata::oci
