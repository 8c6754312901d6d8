// The hand-written encoding against protobuf's own.
#include "cli/standin/wire.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/proto/shim.pb.h"
#include "lib/proto/ttrpc.pb.h"

namespace kata::standin {
namespace {

namespace task = containerd::task::v2;

// The request of a frame that encode_call made.
ttrpc::Request decode_frame(const uint8_t* bytes, size_t size, uint32_t stream) {
  auto header = decode_header(bytes);
  EXPECT_EQ(header.length, size - kFrameHeader);
  EXPECT_EQ(header.stream, stream);
  EXPECT_EQ(header.type, 1);
  ttrpc::Request out;
  EXPECT_TRUE(out.ParseFromArray(bytes + kFrameHeader, static_cast<int>(header.length)));
  EXPECT_EQ(out.service(), "containerd.task.v2.Task");
  return out;
}

Bytes bytes_of(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
std::string text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data), bytes.size}; }

TEST(Wire, Kill) {
  uint8_t out[512];
  auto size = encode_call(out, sizeof out, 7, {"Kill", "c1", "exec-1", 15});
  auto request = decode_frame(out, size, 7);
  EXPECT_EQ(request.method(), "Kill");
  task::KillRequest kill;
  ASSERT_TRUE(kill.ParseFromString(request.payload()));
  EXPECT_EQ(kill.id(), "c1");
  EXPECT_EQ(kill.exec_id(), "exec-1");
  EXPECT_EQ(kill.signal(), 15U);
  EXPECT_FALSE(kill.all());
}

TEST(Wire, ResizeWithLargeNumbers) {
  uint8_t out[512];
  auto size = encode_call(out, sizeof out, 300'001, {"ResizePty", "c1", "", 65'535, 4'294'967'295});
  auto request = decode_frame(out, size, 300'001);
  task::ResizePtyRequest resize;
  ASSERT_TRUE(resize.ParseFromString(request.payload()));
  EXPECT_EQ(resize.exec_id(), "");
  EXPECT_EQ(resize.width(), 65'535U);
  EXPECT_EQ(resize.height(), 4'294'967'295U);
}

TEST(Wire, TheBytesAreProtobufs) {
  task::WaitRequest wait;
  wait.set_id(std::string(1024, 'x'));
  wait.set_exec_id("e");
  ttrpc::Request request;
  request.set_service("containerd.task.v2.Task");
  request.set_method("Wait");
  request.set_payload(wait.SerializeAsString());
  auto expected = request.SerializeAsString();
  uint8_t out[4096];
  auto size = encode_call(out, sizeof out, 1, {"Wait", wait.id().c_str(), "e"});
  ASSERT_EQ(size, kFrameHeader + expected.size());
  EXPECT_EQ(text_of({out + kFrameHeader, size - kFrameHeader}), expected);
}

TEST(Wire, WhatDoesNotFitIsRefused) {
  uint8_t out[4096];
  Call call{"Wait", "c1", ""};
  auto size = encode_call(out, sizeof out, 1, call);
  for (size_t room = 0; room < size; ++room) EXPECT_EQ(encode_call(out, room, 1, call), 0U) << room;
  EXPECT_EQ(encode_call(out, size, 1, call), size);
  std::string endless(5000, 'x');
  EXPECT_EQ(encode_call(out, sizeof out, 1, {"Wait", endless.c_str(), ""}), 0U);
}

TEST(Wire, Replies) {
  task::WaitResponse wait;
  wait.set_exit_status(137);
  wait.mutable_exited_at()->set_seconds(1'700'000'000);
  wait.set_cause("guest kernel panic");
  ttrpc::Response response;
  response.set_payload(wait.SerializeAsString());
  auto bytes = response.SerializeAsString();
  Reply reply;
  ASSERT_TRUE(decode_reply(bytes_of(bytes), reply));
  EXPECT_EQ(reply.code, 0U);
  WaitReply decoded;
  ASSERT_TRUE(decode_wait(reply.payload, decoded));
  EXPECT_EQ(decoded.exit_status, 137U);
  EXPECT_EQ(text_of(decoded.cause), "guest kernel panic");
}

TEST(Wire, ErrorReplies) {
  ttrpc::Response response;
  response.mutable_status()->set_code(5);
  response.mutable_status()->set_message("no such container");
  auto bytes = response.SerializeAsString();
  Reply reply;
  ASSERT_TRUE(decode_reply(bytes_of(bytes), reply));
  EXPECT_EQ(reply.code, 5U);
  EXPECT_EQ(text_of(reply.message), "no such container");
}

TEST(Wire, DamagedRepliesAreNoticed) {
  ttrpc::Response response;
  response.mutable_status()->set_message("text");
  response.set_payload("payload");
  auto bytes = response.SerializeAsString();
  for (size_t length = 1; length < bytes.size(); ++length) {
    auto part = bytes.substr(0, length);
    Reply reply;
    // Cut between two fields it is a message of its own; anywhere else it is damaged.
    EXPECT_EQ(decode_reply(bytes_of(part), reply), ttrpc::Response().ParseFromString(part)) << length;
  }
  Reply reply;
  EXPECT_FALSE(decode_reply(bytes_of(std::string(11, '\xff')), reply));
  EXPECT_FALSE(decode_reply(bytes_of("\x0f"), reply));
}

}  // namespace
}  // namespace kata::standin
