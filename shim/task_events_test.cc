#include "shim/task_events.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "lib/proto/task_events.pb.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"
#include "lib/sys/thread.h"
#include "lib/test/temp_dir.h"
#include "lib/ttrpc/server.h"
#include "shim/event_receiver_for_test.h"

namespace kata::shim {
namespace {

namespace messages = ::containerd::events;

// What containerd gets of these events.
std::vector<EventReceiver::Envelope> published(const std::vector<Event>& events) {
  TempDir temporary;
  std::string base = temporary.path();
  EventReceiver receiver;
  auto listener = std::move(sys::unix_listen(base + "/sock")).value();
  ttrpc::Server server;
  server.add(receiver);
  auto accepting = std::move(sys::Thread::start("accept", [&] { ignore(server.serve(listener.get())); })).value();
  {
    Publisher publisher(base + "/sock", "default");
    for (const auto& event : events) publish(publisher, event);
  }
  server.stop();
  accepting.join();
  return receiver.got();
}

TEST(TaskEventsTest, EachHasItsTopicAndItsType) {
  auto got = published({ContainerCreated{.container = "c1"}, ExecAdded{"c1", "e1"}, ProcessStarted{"c1", "", 7},
                        ProcessStarted{"c1", "e1", 8}, ContainerPaused{"c1"}, ContainerResumed{"c1"}, OutOfMemory{"c1"},
                        ProcessExited{"c1", "", 7, {}}, ContainerDeleted{"c1", 7, {}}});
  std::vector<std::string> seen;
  for (const auto& one : got) seen.push_back(one.topic() + " " + one.event().type_url());
  EXPECT_EQ(seen,
            (std::vector<std::string>{
                "/tasks/create containerd.events.TaskCreate", "/tasks/exec-added containerd.events.TaskExecAdded",
                "/tasks/start containerd.events.TaskStart", "/tasks/exec-started containerd.events.TaskExecStarted",
                "/tasks/paused containerd.events.TaskPaused", "/tasks/resumed containerd.events.TaskResumed",
                "/tasks/oom containerd.events.TaskOOM", "/tasks/exit containerd.events.TaskExit",
                "/tasks/delete containerd.events.TaskDelete"}));
}

TEST(TaskEventsTest, ACreationCarriesBundleMountsAndStreams) {
  auto got = published({ContainerCreated{.container = "c1",
                                         .bundle = "/b",
                                         .rootfs = {{"overlay", "overlay", "", {"lowerdir=/l"}}},
                                         .stdio = {"/in", "/out", "/err", true},
                                         .pid = 7}});
  ASSERT_EQ(got.size(), 1U);
  messages::TaskCreate message;
  ASSERT_TRUE(message.ParseFromString(got[0].event().value()));
  EXPECT_EQ(message.container_id(), "c1");
  EXPECT_EQ(message.bundle(), "/b");
  ASSERT_EQ(message.rootfs_size(), 1);
  EXPECT_EQ(message.rootfs(0).type(), "overlay");
  EXPECT_EQ(message.rootfs(0).options(0), "lowerdir=/l");
  EXPECT_EQ(message.io().stdout(), "/out");
  EXPECT_TRUE(message.io().terminal());
  EXPECT_EQ(message.pid(), 7U);
}

TEST(TaskEventsTest, AnExitNamesTheProcess) {
  ExitInfo exit{.status = 137, .at = std::chrono::system_clock::time_point(std::chrono::seconds(5)), .cause = ""};
  auto got = published({ProcessExited{"c1", "", 7, exit}, ProcessExited{"c1", "e1", 8, exit}});
  ASSERT_EQ(got.size(), 2U);
  messages::TaskExit message;
  ASSERT_TRUE(message.ParseFromString(got[0].event().value()));
  EXPECT_EQ(message.id(), "c1") << "the init process has its container's id";
  EXPECT_EQ(message.exit_status(), 137U);
  EXPECT_EQ(message.exited_at().seconds(), 5);
  ASSERT_TRUE(message.ParseFromString(got[1].event().value()));
  EXPECT_EQ(message.id(), "e1");
  EXPECT_EQ(message.container_id(), "c1");
}

}  // namespace
}  // namespace kata::shim
