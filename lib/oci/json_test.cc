#include "lib/oci/json.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include "lib/proto/oci.pb.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::oci {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A configuration that uses every part of the specification that has a field.
constexpr std::string_view kFull = R"({
  "ociVersion": "1.0.2-dev", "hostname": "h", "domainname": "d",
  "process": {
    "terminal": true, "consoleSize": {"height": 24, "width": 80},
    "user": {"uid": 1000, "gid": 100, "umask": 0, "additionalGids": [5, 6]},
    "args": ["sh", "-c", "echo \u00e9"], "env": ["A=B"], "cwd": "/tmp",
    "capabilities": {"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "inheritable": ["CAP_CHOWN"],
                     "permitted": ["CAP_KILL"], "ambient": ["CAP_SETUID"]},
    "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 18446744073709551615, "soft": 1024}],
    "noNewPrivileges": true, "apparmorProfile": "p", "oomScoreAdj": -500, "selinuxLabel": "l",
    "scheduler": {"policy": "SCHED_RR", "nice": -5, "priority": 3, "flags": ["SCHED_FLAG_RESET_ON_FORK"]},
    "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 4}
  },
  "root": {"path": "rootfs", "readonly": true},
  "mounts": [{"destination": "/proc", "type": "proc", "source": "proc", "options": ["ro", "nosuid"]},
             {"destination": "/m", "source": "/s", "uidMappings": [{"containerID": 0, "hostID": 5, "size": 1}],
              "gidMappings": [{"containerID": 0, "hostID": 6, "size": 1}]}],
  "hooks": {"createRuntime": [{"path": "/bin/hook", "args": ["hook"], "env": ["X=1"], "timeout": 5}],
            "poststop": [{"path": "/bin/post"}]},
  "annotations": {"b": "2", "a": "1"},
  "linux": {
    "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
    "sysctl": {"net.ipv4.ip_forward": "1"},
    "cgroupsPath": "/docker/x",
    "namespaces": [{"type": "pid"}, {"type": "network", "path": "/proc/1/ns/net"}, {"type": "user"},
                   {"type": "time"}],
    "personality": {"domain": "LINUX32"}, "timeOffsets": {"boottime": {"secs": -1, "nanosecs": 5}, "monotonic": {"secs": 9}},
    "memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]},
    "devices": [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 0}],
    "seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 0, "architectures": ["SCMP_ARCH_X86_64"],
      "flags": ["SECCOMP_FILTER_FLAG_LOG"],
      "syscalls": [{"names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38,
        "args": [{"index": 0, "value": 2114060288, "valueTwo": 1, "op": "SCMP_CMP_MASKED_EQ"}]}]},
    "rootfsPropagation": "rslave", "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"],
    "mountLabel": "m", "intelRdt": {"l3CacheSchema": "L3:0=ff"},
    "resources": {
      "devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 0}],
      "memory": {"limit": 1048576, "reservation": -1, "swap": -1, "kernel": 1, "kernelTCP": 2, "swappiness": 60,
                 "disableOOMKiller": true},
      "cpu": {"shares": 1024, "quota": -1, "period": 100000, "realtimeRuntime": 1, "realtimePeriod": 2,
              "cpus": "0-1", "mems": "0", "burst": 0, "idle": 1},
      "pids": {"limit": 100},
      "blockIO": {"weight": 10, "leafWeight": 11,
        "weightDevice": [{"major": 8, "minor": 0, "weight": 500, "leafWeight": 300}],
        "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 600}],
        "throttleWriteIOPSDevice": [{"major": 8, "minor": 16, "rate": 300}]},
      "hugepageLimits": [{"pageSize": "2MB", "limit": 9223372036854775807}],
      "network": {"classID": 1048577, "priorities": [{"name": "eth0", "priority": 500}]},
      "unified": {"memory.high": "max"}}
  },
  "vm": {"unknown": ["is", "ignored"]}, "zos": null
})";

// A process or a spec with one thing replaced.
std::string with_process(std::string_view process) {
  return std::string(R"({"ociVersion":"1.0.2","process":)").append(process).append("}");
}
std::string process_with(std::string_view member) {
  return with_process(std::string(R"({"args":["a"],"cwd":"/",)").append(member).append("}"));
}
std::string spec_with(std::string_view member) {
  return std::string(R"({"ociVersion":"1.0.2",)").append(member).append("}");
}

// Equal for equal messages: maps are written in the order of their keys.
std::string bytes_of(const grpc::Spec& spec) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    spec.SerializeToCodedStream(&coded);
  }
  return bytes;
}

std::string error_of(std::string_view json) {
  auto spec = parse_spec(json);
  return spec ? "accepted" : spec.error().message();
}

TEST(OciJson, ReadsProcess) {
  auto spec = parse_spec(kFull);
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  const auto& process = spec->process();
  EXPECT_TRUE(process.terminal());
  EXPECT_EQ(process.consolesize().width(), 80U);
  EXPECT_EQ(process.user().uid(), 1000U);
  EXPECT_TRUE(process.user().has_umask());
  EXPECT_THAT(process.user().additionalgids(), ElementsAre(5, 6));
  EXPECT_THAT(process.args(), ElementsAre("sh", "-c", "echo \xc3\xa9"));
  EXPECT_THAT(process.capabilities().ambient(), ElementsAre("CAP_SETUID"));
  EXPECT_EQ(process.rlimits(0).hard(), UINT64_MAX);
  EXPECT_EQ(process.rlimits(0).soft(), 1024U);
  EXPECT_EQ(process.oomscoreadj(), -500);
}

TEST(OciJson, ReadsWhatNewerSpecificationsHave) {
  auto spec = parse_spec(kFull);
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  EXPECT_EQ(spec->process().scheduler().policy(), "SCHED_RR");
  EXPECT_EQ(spec->process().scheduler().nice(), -5);
  EXPECT_EQ(spec->process().io_priority().io_class(), "IOPRIO_CLASS_BE");
  EXPECT_EQ(spec->linux().personality().domain(), "LINUX32");
  EXPECT_EQ(spec->linux().time_offsets().at("boottime").secs(), -1);
  EXPECT_EQ(spec->linux().time_offsets().at("boottime").nanosecs(), 5U);
  EXPECT_EQ(spec->linux().memory_policy().mode(), "MPOL_BIND");
  EXPECT_EQ(spec->linux().resources().cpu().idle(), 1);
  EXPECT_TRUE(spec->linux().resources().cpu().has_burst());
  EXPECT_EQ(spec->mounts(1).uid_mappings(0).hostid(), 5U);
}

TEST(OciJson, ReadsLinux) {
  auto spec = parse_spec(kFull);
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  const auto& linux = spec->linux();
  EXPECT_EQ(linux.namespaces(1).path(), "/proc/1/ns/net");
  EXPECT_EQ(linux.devices(0).filemode(), 0666U);
  EXPECT_EQ(linux.seccomp().syscalls(0).errnoret(), 38U);
  EXPECT_EQ(linux.seccomp().syscalls(0).args(0).value(), 2114060288U);
  EXPECT_TRUE(linux.seccomp().has_default_errno_ret());
  EXPECT_EQ(linux.resources().memory().limit(), 1048576);
  EXPECT_EQ(linux.resources().memory().swap(), -1);
  EXPECT_EQ(linux.resources().cpu().quota(), -1);
  EXPECT_EQ(linux.resources().blockio().throttlewriteiopsdevice(0).minor(), 16);
  EXPECT_EQ(linux.resources().unified().at("memory.high"), "max");
}

TEST(OciJson, TellsAnyDeviceNumberFromZero) {
  auto spec = parse_spec(kFull);
  ASSERT_TRUE(spec.ok());
  const auto& rules = spec->linux().resources().devices();
  EXPECT_EQ(rules[0].major(), -1);
  EXPECT_EQ(rules[0].minor(), -1);
  EXPECT_EQ(rules[1].major(), 1);
  EXPECT_EQ(rules[1].minor(), 0);
}

TEST(OciJson, RoundTripKeepsEverything) {
  auto first = parse_spec(kFull);
  ASSERT_TRUE(first.ok()) << first.error().text();
  auto text = to_json(*first);
  auto second = parse_spec(text);
  ASSERT_TRUE(second.ok()) << second.error().text();
  EXPECT_EQ(bytes_of(*first), bytes_of(*second));
  EXPECT_EQ(text, to_json(*second));
  // Each key of the input that has a field is in the output.
  for (const char* key : {"consoleSize", "umask", "defaultErrnoRet", "valueTwo", "kernelTCP", "l3CacheSchema",
                          "throttleWriteIOPSDevice", "priorities", "unified", "domainname", "createRuntime", "poststop",
                          "timeout", "mountLabel", "selinuxLabel", "readonly", "swappiness", "hugepageLimits"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\"") + key + "\"")) << key;
  }
  EXPECT_LT(text.find("\"a\": \"1\""), text.find("\"b\": \"2\"")) << "maps are sorted";
}

TEST(OciJson, LeavesOutWhatIsNotSet) {
  grpc::LinuxResources resources;
  EXPECT_EQ(to_json(resources), "{}");
  resources.mutable_cpu()->set_shares(2);
  EXPECT_EQ(to_json(resources), "{\n    \"cpu\": {\n        \"shares\": 2\n    }\n}");
}

TEST(OciJson, NullIsAbsent) {
  auto spec = parse_spec(process_with(R"("env": null, "user": null, "rlimits": null)"));
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  EXPECT_FALSE(spec->process().has_user());
}

TEST(OciJson, LastOfTwoEqualKeysWins) {
  auto spec = parse_spec(spec_with(R"("hostname": "first", "hostname": "second")"));
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->hostname(), "second");
}

TEST(OciJson, WritesBytesThatAreNotUtf8) {
  grpc::Process process;
  process.add_args("\xff");
  EXPECT_THAT(to_json(process), HasSubstr("\xef\xbf\xbd"));
}

struct Case {
  std::string json;
  std::string error;
};

TEST(OciJson, ErrorsNameThePlace) {
  const std::vector<Case> cases = {
      {process_with(R"("rlimits":[{"type":"RLIMIT_CPU","hard":1,"soft":1},{"type":"RLIMIT_AS","hard":"x","soft":1}])"),
       "config.json: process.rlimits[1].hard: expected an integer from 0 to 18446744073709551615, found a string"},
      {process_with(R"("env":["A=B",7])"), "config.json: process.env[1]: expected a string, found the number 7"},
      {process_with(R"("user":{"uid":-1})"),
       "config.json: process.user.uid: expected an integer from 0 to 4294967295, found the number -1"},
      {process_with(R"("user":{"uid":4294967296})"),
       "config.json: process.user.uid: expected an integer from 0 to 4294967295, found the number 4294967296"},
      {process_with(R"("user":[])"), "config.json: process.user: expected an object, found an array"},
      {process_with(R"("terminal":"yes")"), "config.json: process.terminal: expected a boolean, found a string"},
      {spec_with(R"("mounts":{})"), "config.json: mounts: expected an array, found an object"},
      {spec_with(R"("annotations":{"k":true})"), "config.json: annotations.k: expected a string, found a boolean"},
      {spec_with(R"("linux":{"resources":{"memory":{"limit":1.5}}})"),
       "config.json: linux.resources.memory.limit: expected an integer from -9223372036854775808 to "
       "9223372036854775807, found the number 1.5"},
      {"[]", "config.json: expected an object, found an array"},
  };
  for (const auto& test : cases) EXPECT_EQ(error_of(test.json), test.error) << test.json;
}

TEST(OciJson, RefusesWhatTheSpecificationForbids) {
  const std::vector<Case> cases = {
      {"{}", "ociVersion: is missing"},
      {R"({"ociVersion":"2.0.0"})", "not a version 1.x"},
      {with_process(R"({"cwd":"/"})"), "process.args: must hold the program"},
      {with_process(R"({"cwd":"/","args":[]})"), "process.args: must hold the program"},
      {with_process(R"({"cwd":"/","args":[""]})"), "process.args: must hold the program"},
      {with_process(R"({"args":["a"]})"), "process.cwd: must be an absolute path"},
      {with_process(R"({"args":["a"],"cwd":"tmp"})"), "process.cwd: must be an absolute path"},
      {spec_with(R"("root":{})"), "root.path: is missing"},
      {spec_with(R"("mounts":[{"source":"x"}])"), "mounts[0].destination: is missing"},
      {spec_with(R"("hooks":{"prestart":[{"path":"x"}]})"), "hooks.prestart[0].path: must be an absolute path"},
      {spec_with(R"("hooks":{"prestart":[{"path":"/x","timeout":0}]})"), "timeout: must be above 0"},
      {spec_with(R"("linux":{"namespaces":[{"type":"pid"},{"type":"pid"}]})"), "linux.namespaces: holds pid twice"},
      {spec_with(R"("linux":{"devices":[{"path":"/dev/x","type":"x"}]})"), "linux.devices[0].type: must be"},
      {spec_with(R"("linux":{"devices":[{"path":"x","type":"c"}]})"), "linux.devices[0].path: must be"},
      {spec_with(R"("linux":{"seccomp":{}})"), "linux.seccomp.defaultAction: must be an action"},
      {spec_with(R"("linux":{"resources":{"unified":{"../x":"1"}}})"), "unified: a key must be a plain file name"},
      {process_with(R"("oomScoreAdj":1001)"), "oomScoreAdj: must be from -1000"},
      {process_with(R"("user":{"umask":512})"), "umask: must not be above"},
      {spec_with(R"("linux":{"namespaces":[{"type":"of-nobody"}]})"),
       "linux.namespaces: holds a type that does not exist"},
      {process_with(R"("rlimits":[{"type":"NOFILE","hard":1,"soft":1}])"), "rlimits[0].type: must be the name"},
      {process_with(R"("rlimits":[{"type":"RLIMIT_AS","hard":1,"soft":2}])"), "soft: must not be above"},
  };
  for (const auto& test : cases) EXPECT_THAT(error_of(test.json), HasSubstr(test.error)) << test.json;
}

TEST(OciJson, HostileNumbers) {
  for (const char* number : {"1e400", "-1", "18446744073709551616", "1.5", "-0.5", "1e3", "NaN", "0x10", "--1"}) {
    auto error = error_of(process_with(std::string(R"("user":{"uid":)") + number + "}"));
    EXPECT_THAT(error, HasSubstr("config.json: ")) << number;
    EXPECT_NE(error, "accepted") << number;
  }
}

TEST(OciJson, HostileDepth) {
  for (const char* open : {"[", "{\"a\":"}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += open;
    EXPECT_THAT(error_of(text), HasSubstr("nested more than 32 deep"));
  }
}

TEST(OciJson, HostileSizes) {
  EXPECT_THAT(error_of(std::string((4U << 20U) + 1, ' ')), HasSubstr("larger than 4194304 bytes"));
  std::string many = "[0";
  for (int i = 0; i < 300'000; ++i) many += ",0";
  EXPECT_THAT(error_of(many + "]"), HasSubstr("more than 262144 values"));
}

TEST(OciJson, HostileText) {
  EXPECT_THAT(error_of(""), HasSubstr("not JSON"));
  EXPECT_THAT(error_of("{"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of(std::string(kFull) + "x"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of(spec_with("\"hostname\":\"\xff\"")), HasSubstr("not JSON"));
  EXPECT_THAT(error_of(spec_with(R"("hostname":"a\u0000b")")), HasSubstr("hostname: holds a NUL character"));
  EXPECT_THAT(error_of(spec_with(R"("annotations":{"a\u0000b":"x"})")), HasSubstr("a key holds a NUL character"));
  EXPECT_THAT(error_of(std::string("{\"ociVersion\":\"1.0.2\"\0}", 23)), HasSubstr("not JSON"));
}

TEST(OciJson, MountDestinationsAreCleaned) {
  const std::vector<Case> cases = {{"/../../etc/passwd", "/etc/passwd"},
                                   {"/a/./b/../c/", "/a/c"},
                                   {"mnt", "/mnt"},
                                   {"//x", "/x"},
                                   {"/", "/"},
                                   {"..", "/"}};
  for (const auto& test : cases) {
    auto spec = parse_spec(spec_with(R"("mounts":[{"destination":")" + test.json + R"("}])"));
    ASSERT_TRUE(spec.ok()) << spec.error().text();
    EXPECT_EQ(spec->mounts(0).destination(), test.error);
  }
}

TEST(OciJson, ParsesAloneStandingParts) {
  auto process = parse_process(R"({"args":["id"],"cwd":"/","user":{"uid":1}})");
  ASSERT_TRUE(process.ok()) << process.error().text();
  EXPECT_EQ(process->user().uid(), 1U);
  EXPECT_EQ(parse_process(R"({"args":"id","cwd":"/"})").error().message(),
            "process.args: expected an array, found a string");
  auto resources = parse_resources(R"({"memory":{"limit":4096},"pids":{"limit":-1}})");
  ASSERT_TRUE(resources.ok()) << resources.error().text();
  EXPECT_EQ(resources->pids().limit(), -1);
  EXPECT_THAT(parse_resources(R"({"cpu":{"shares":-2}})").error().message(), HasSubstr("resources.cpu.shares: "));
}

TEST(OciJson, DefaultSpecIsValid) {
  auto text = to_json(default_spec());
  auto spec = parse_spec(text);
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  EXPECT_EQ(bytes_of(*spec), bytes_of(default_spec()));
  EXPECT_THAT(spec->process().args(), ElementsAre("sh"));
  EXPECT_THAT(text, HasSubstr("    \"root\": {\n        \"path\": \"rootfs\",\n        \"readonly\": true\n    }"));
}

class Bundle : public ::testing::Test {
 protected:
  TempDir temporary_;
  std::string path_ = temporary_.path();
};

TEST_F(Bundle, Loads) {
  ASSERT_TRUE(sys::write_file(path_ + "/config.json", kFull).ok());
  auto spec = load_bundle(path_);
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  EXPECT_EQ(spec->hostname(), "h");
}

TEST_F(Bundle, SaysWhatIsMissing) {
  auto missing = load_bundle(path_ + "/none");
  ASSERT_FALSE(missing.ok());
  EXPECT_TRUE(missing.error().is(Code::kNotFound));
  EXPECT_THAT(missing.error().text(), HasSubstr(path_ + "/none"));
  EXPECT_THAT(missing.error().text(), HasSubstr("--bundle"));
  auto empty = load_bundle(path_);
  ASSERT_FALSE(empty.ok());
  EXPECT_THAT(empty.error().text(), HasSubstr(path_ + "/config.json: No such file"));
  EXPECT_THAT(empty.error().hint_text(), HasSubstr("kata-runtime spec"));
}

TEST_F(Bundle, SaysWhatIsWrong) {
  auto file = path_ + "/config.json";
  ASSERT_TRUE(sys::write_file(file, "").ok());
  EXPECT_THAT(load_bundle(path_).error().message(), HasSubstr("config.json is empty"));
  EXPECT_THAT(load_bundle(file).error().message(), HasSubstr("is not a directory"));
  ASSERT_TRUE(sys::write_file(file, "hello").ok());
  EXPECT_THAT(load_bundle(path_).error().message(), HasSubstr("config.json: not JSON: parse error at line 1"));
  ASSERT_TRUE(sys::write_file(file, std::string((4U << 20U) + 1, ' ')).ok());
  EXPECT_THAT(load_bundle(path_).error().message(), HasSubstr(path_));
  ASSERT_TRUE(sys::remove_file(file).ok());
  ASSERT_TRUE(sys::make_directory(file).ok());
  EXPECT_THAT(load_bundle(path_).error().message(), HasSubstr("is not a regular file"));
  ASSERT_TRUE(sys::remove_directory(file).ok());
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  EXPECT_THAT(load_bundle(path_).error().message(), HasSubstr("is not a regular file"));
}

}  // namespace
}  // namespace kata::oci
