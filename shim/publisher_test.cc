#include "shim/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "lib/proto/task_events.pb.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"
#include "lib/test/temp_dir.h"
#include "lib/ttrpc/server.h"
#include "shim/event_receiver_for_test.h"

namespace kata::shim {
namespace {

class PublisherTest : public testing::Test {
 protected:
  void SetUp() override {
    base_ = temporary_.path();
    address_ = base_ + "/sock";
  }
  void TearDown() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }
  void serve() {
    listener_ = std::move(sys::unix_listen(address_)).value();
    server_.add(receiver_);
    thread_ = std::thread([this] { ignore(server_.serve(listener_.get())); });
  }
  static void publish(Publisher& publisher, const std::string& id) {
    containerd::events::TaskStart event;
    event.set_container_id(id);
    publisher.publish("/tasks/start", event);
  }

  TempDir temporary_;
  std::string base_, address_;
  EventReceiver receiver_;
  UniqueFd listener_;
  ttrpc::Server server_;
  std::thread thread_;
};

TEST_F(PublisherTest, ArriveWholeAndInOrder) {
  serve();
  Publisher publisher(address_, "k8s.io");
  for (const char* id : {"a", "b", "c"}) publish(publisher, id);
  receiver_.wait_for(3);
  const auto envelope = receiver_.got()[1];
  EXPECT_EQ(envelope.namespace_(), "k8s.io");
  EXPECT_EQ(envelope.topic(), "/tasks/start");
  EXPECT_EQ(envelope.event().type_url(), "containerd.events.TaskStart");
  EXPECT_GT(envelope.timestamp().seconds(), 0);
  containerd::events::TaskStart event;
  ASSERT_TRUE(event.ParseFromString(envelope.event().value()));
  EXPECT_EQ(event.container_id(), "b");
}

TEST_F(PublisherTest, WaitForAContainerdThatRestarts) {
  Publisher publisher(address_, "default");
  publish(publisher, "early");
  serve();
  receiver_.wait_for(1);
}

TEST_F(PublisherTest, AreTriedAgain) {
  receiver_.refuse(1);
  serve();
  Publisher publisher(address_, "default");
  publish(publisher, "a");
  receiver_.wait_for(1);
}

TEST_F(PublisherTest, WhatIsQueuedGoesOutBeforeTheEnd) {
  serve();
  {
    Publisher publisher(address_, "default");
    for (int i = 0; i < 50; ++i) publish(publisher, "x");
  }
  EXPECT_EQ(receiver_.got().size(), 50U);
}

TEST_F(PublisherTest, NobodyWaitsForAContainerdThatIsGone) {
  Publisher publisher(address_, "default");
  for (int i = 0; i < 3000; ++i) publish(publisher, "x");  // more than it keeps; the destructor gives up
}

}  // namespace
}  // namespace kata::shim
