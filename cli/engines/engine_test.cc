#include "cli/engines/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/root_path.h"
#include "lib/test/temp_dir.h"

namespace kata::cli::engines {
namespace {

using ::testing::HasSubstr;

constexpr char kContainerdFile[] = "/etc/containerd/config.toml";
constexpr char kContainerdDropIn[] = "/etc/containerd/conf.d/50-kata.toml";

// Engines whose files are below a folder of the test's, and which nobody can ask.
class EngineTest : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    sys::make_directories(sys::parent_of(wish_.root + path)).value();
    sys::write_file(wish_.root + path, text).value();
  }
  std::string read(const std::string& path) { return sys::read_file(wish_.root + path).value_or("(none)"); }

  // "path: text" of every file that would change.
  std::string planned(const Engine& engine, int major) {
    auto plan = engine.plan(wish_, {.major = major});
    if (!plan) return "error: " + plan.error().text();
    std::string out;
    for (const auto& edit : plan->edits) {
      if (edit.changes()) out += concat(edit.path.substr(wish_.root.size()), ": ", edit.after);
    }
    return out;
  }

  void install(const Engine& engine, int major) {
    auto plan = engine.plan(wish_, {.major = major}).value();
    for (const auto& edit : plan.edits) {
      if (edit.changes()) write_edit(edit, wish_.name).value();
    }
  }

  void undo_all(const Engine& engine) {
    for (const auto& trace : engine.traces(wish_).value()) undo(trace.path, trace.owner, wish_.name).value();
  }

  TempDir temporary_;
  Wish wish_{.root = temporary_.path(), .runtime = "/usr/bin/kata-runtime", .shim = "/usr/bin/containerd-shim-kata-v2"};
};

TEST_F(EngineTest, DockerGetsAPathAndFromVersion23OnAShim) {
  EXPECT_THAT(planned(docker(), 20), HasSubstr("\"path\": \"/usr/bin/kata-runtime\""));
  EXPECT_THAT(planned(docker(), 0), HasSubstr("\"path\": "));
  EXPECT_THAT(planned(docker(), 23), HasSubstr("\"runtimeType\": \"io.containerd.kata.v2\""));
  wish_.shim = "/opt/kata/bin/containerd-shim-kata-v2";
  EXPECT_THAT(planned(docker(), 29), HasSubstr("\"runtimeType\": \"/opt/kata/bin/containerd-shim-kata-v2\""));
}

TEST_F(EngineTest, AnotherRuntimeOfTheSameNameStays) {
  write("/etc/docker/daemon.json", "{\"runtimes\": {\"kata\": {\"path\": \"/other\"}}}");
  EXPECT_THAT(planned(docker(), 20), HasSubstr("the runtime kata is there, and is another one"));
  write(kContainerdFile, "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.kata]\n");
  EXPECT_THAT(planned(containerd(), 1), HasSubstr("the runtime kata is there, and is another one"));
  write("/etc/crio/crio.conf.d/50-kata.conf", "# by hand\n");
  EXPECT_THAT(planned(crio(), 1), HasSubstr("is there, and not as this command makes it"));
}

TEST_F(EngineTest, ContainerdHasTheTableOfItsFilesVersion) {
  for (auto [top, table] : {std::pair{"", "[plugins.cri."},
                            {"version = 2\n", "[plugins.\"io.containerd.grpc.v1.cri\"."},
                            {"version = 3\n", "[plugins.\"io.containerd.cri.v1.runtime\"."},
                            {"version = 4\n", "[plugins.\"io.containerd.cri.v1.runtime\"."}}) {
    write(kContainerdFile, concat(top, "# mine\n"));
    for (int major : {0, 1, 2}) {
      EXPECT_THAT(planned(containerd(), major), HasSubstr(concat(table, "containerd.runtimes.kata]\n"))) << top;
    }
  }
}

// In a file that names a runtime, those that containerd 1.x has by itself are gone.
TEST_F(EngineTest, ContainerdOfVersion1KeepsRunc) {
  write(kContainerdFile, "version = 2\n");
  EXPECT_THAT(planned(containerd(), 1),
              HasSubstr("containerd.runtimes.runc]\nruntime_type = \"io.containerd.runc.v2\""));
  write(kContainerdFile, "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.x]\na = 1\n");
  EXPECT_THAT(planned(containerd(), 1), ::testing::Not(HasSubstr("runc")));
}

TEST_F(EngineTest, ContainerdFromVersion2OnGetsADropIn) {
  write(kContainerdFile, "# mine\nversion = 3\n");
  auto text = planned(containerd(), 2);
  EXPECT_THAT(text, HasSubstr(concat(kContainerdDropIn, ": # Made by")));
  EXPECT_THAT(text, HasSubstr("config.toml: # mine\nversion = 3\nimports = [\"/etc/containerd/conf.d/*.toml\"]\n"));
  write(kContainerdFile, "version = 3\nimports = [\"one.toml\", \"more.d/*.toml\", \"/x/a*/*.toml\"]\n");
  text = planned(containerd(), 2);
  EXPECT_TRUE(text.starts_with("/etc/containerd/more.d/50-kata.toml: # Made by")) << text;
  EXPECT_THAT(text, ::testing::Not(HasSubstr("imports")));
}

TEST_F(EngineTest, ADropInThatContainerdDoesNotImportIsNoRuntimeOfIt) {
  write(kContainerdFile, "version = 3\n");
  install(containerd(), 2);
  EXPECT_TRUE(containerd().look(wish_, {}).value().registered);
  write(kContainerdFile, "version = 3\n");
  EXPECT_FALSE(containerd().look(wish_, {}).value().registered);
  EXPECT_THAT(planned(containerd(), 2), HasSubstr("imports = "));
}

TEST_F(EngineTest, WhoKnowsTheNodeSaysMore) {
  wish_.configuration = "/opt/kata/c.toml";
  wish_.snapshotter = "nydus";
  wish_.privileged_without_host_devices = true;
  wish_.maker = "kata-deploy";
  for (int major : {1, 2}) {
    write(kContainerdFile, "version = 2\n");
    auto text = planned(containerd(), major);
    EXPECT_THAT(text, HasSubstr("privileged_without_host_devices = true\nsnapshotter = \"nydus\"\n"));
    EXPECT_THAT(text, HasSubstr("runtimes.kata.options]\nConfigPath = \"/opt/kata/c.toml\"\n"));
    install(containerd(), major);
    EXPECT_EQ(planned(containerd(), major), "") << major;
    undo_all(containerd());
    EXPECT_EQ(read(kContainerdFile), "version = 2\n");
  }
  EXPECT_THAT(planned(crio(), 1), HasSubstr("# Made by \"kata-deploy\", which takes it back"));
  EXPECT_THAT(planned(crio(), 1), HasSubstr("runtime_config_path = \"/opt/kata/c.toml\"\n"));
}

// It reads runtime_path, and does not use it.
TEST_F(EngineTest, ContainerdOfVersion16FindsAShimByTheTypeAlone) {
  wish_.shim = "/opt/kata/bin/s";
  write(kContainerdFile, "version = 2\n");
  auto text = [&](const char* version) {
    auto plan = containerd().plan(wish_, {.version = version, .major = version[0] - '0'}).value();
    return plan.edits.front().after;
  };
  EXPECT_THAT(text("1.6.20~ds1"), HasSubstr("runtime_type = \"/opt/kata/bin/s\"\n"));
  EXPECT_THAT(text("1.6.20~ds1"), ::testing::Not(HasSubstr("runtime_path")));
  for (const auto* newer : {"1.7.24", "2.4.2"}) {
    EXPECT_THAT(text(newer),
                HasSubstr("runtime_type = \"io.containerd.kata.v2\"\nruntime_path = \"/opt/kata/bin/s\"\n"));
  }
}

TEST_F(EngineTest, ADistributionMayTakeDropInsByItself) {
  wish_.containerd = {.file = "/etc/k0s/containerd.toml", .drop_ins = "/etc/k0s/containerd.d", .takes_drop_ins = true};
  for (int major : {1, 2}) {
    auto text = planned(containerd(), major);
    EXPECT_TRUE(text.starts_with("/etc/k0s/containerd.d/50-kata.toml: # Made by")) << text;
    EXPECT_THAT(text, HasSubstr(concat("version = ", major + 1, "\n")));
    EXPECT_THAT(text, ::testing::Not(HasSubstr("runc")));
  }
  install(containerd(), 2);
  EXPECT_EQ(planned(containerd(), 2), "");
  undo_all(containerd());
  EXPECT_EQ(read("/etc/k0s/containerd.d/50-kata.toml"), "(none)");
}

TEST_F(EngineTest, AFileThatIsMadeAnewIsChangedInItsTemplate) {
  wish_.containerd = {.file = "/c/config.toml", .drop_ins = "/c/config.toml.d", .made_from = "/c/config.toml.tmpl"};
  write("/c/config.toml", "version = 2\nimports = [\"/c/config.toml.d/*.toml\"]\n");
  EXPECT_THAT(planned(containerd(), 1), HasSubstr("/c/config.toml.tmpl: {{ template \"base\" . }}\n\n[plugins."));
  EXPECT_TRUE(planned(containerd(), 2).starts_with("/c/config.toml.d/50-kata.toml: "));
  write("/c/config.toml.tmpl", "# {{ mine }}\n");
  install(containerd(), 1);
  EXPECT_EQ(planned(containerd(), 1), "");
  wish_.snapshotter = "other";
  EXPECT_THAT(planned(containerd(), 1), HasSubstr("the runtime kata is there, and is another one"));
  undo_all(containerd());
  EXPECT_EQ(read("/c/config.toml.tmpl"), "# {{ mine }}\n");
}

TEST_F(EngineTest, EveryInstallationIsDoneOnceSeenAndUndone) {
  wish_.runtime = "/opt/kata/bin/kata-runtime";
  const std::vector<std::pair<std::string, std::string>> files{{"/etc/docker/daemon.json", "{\"debug\": true}"},
                                                               {kContainerdFile, "version = 2 # two\n[plugins]\n"}};
  for (const auto* engine : {&docker(), &podman(), &containerd(), &crio()}) {
    for (int major : {1, 2, 23}) {
      for (const auto& [path, text] : files) write(path, text);
      EXPECT_FALSE(engine->look(wish_, {}).value().registered) << engine->name();
      install(*engine, major);
      EXPECT_EQ(planned(*engine, major), "") << engine->name() << major;
      EXPECT_THAT(engine->look(wish_, {}).value().detail, HasSubstr("runtime kata is ")) << engine->name();
      undo_all(*engine);
      for (const auto& [path, text] : files) EXPECT_EQ(read(path), text) << engine->name();
      EXPECT_FALSE(engine->look(wish_, {}).value().registered) << engine->name();
    }
  }
}

TEST_F(EngineTest, AnImportStaysWhileOthersAreReadBecauseOfIt) {
  write(kContainerdFile, "version = 3\n");
  install(containerd(), 2);
  EXPECT_EQ(containerd().traces(wish_).value().back().directory, wish_.root + "/etc/containerd/conf.d");
  undo_all(containerd());
  write(kContainerdFile, "version = 2\n");
  install(containerd(), 1);
  EXPECT_EQ(containerd().traces(wish_).value().back().directory, "");
}

TEST_F(EngineTest, SomeKnowUsWithoutAnyFile) {
  EXPECT_EQ(podman().look(wish_, {}).value().detail, "runtime kata is /usr/bin/kata-runtime, where it looks by itself");
  EXPECT_THAT(docker().look(wish_, {.major = 26}).value().detail, HasSubstr("knows it as io.containerd.kata.v2"));
  EXPECT_EQ(docker().look(wish_, {.major = 20}).value().detail, "");
  EXPECT_TRUE(nerdctl().look(wish_, {}).value().registered);
}

TEST_F(EngineTest, NerdctlNeedsTheShimInContainerdsPath) {
  EXPECT_EQ(planned(nerdctl(), 1), "");
  wish_.shim = "/opt/kata/bin/containerd-shim-kata-v2";
  EXPECT_THAT(planned(nerdctl(), 1), HasSubstr("run ln -s /opt/kata/bin/containerd-shim-kata-v2 /usr/local/bin/"));
}

TEST_F(EngineTest, FilesThatCannotBeReadAreErrors) {
  write("/etc/docker/daemon.json", "{\"debug\": true,}");
  write(kContainerdFile, "version = \n");
  for (const auto* engine : {&docker(), &containerd()}) {
    EXPECT_THAT(planned(*engine, 1), HasSubstr("error: " + wish_.root + "/etc/"));
    EXPECT_FALSE(engine->look(wish_, {}));
  }
}

TEST(EngineVersion, IsTheFirstWordThatIsOne) {
  EXPECT_EQ(version_in("Docker version 20.10.24+dfsg1, build 297e128\n"), "20.10.24+dfsg1");
  EXPECT_EQ(version_in("containerd github.com/containerd/containerd v1.7.2 0cae528\n"), "1.7.2");
  EXPECT_EQ(version_in("crio version 1.24.1\nVersion: 1.24.1\n"), "1.24.1");
  EXPECT_EQ(version_in("no version"), "");
}

TEST(EngineProgram, ItsComplaintIsTheError) {
  auto refused = output_of({"sh", "-c", "echo one >&2; echo two >&2; exit 3"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "sh exited with 3: one / two");
  EXPECT_EQ(output_of({"sh", "-c", "echo out; echo err >&2"}).value(), "out\n");
}

}  // namespace
}  // namespace kata::cli::engines
