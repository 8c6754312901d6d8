#include "lib/ttrpc/frame.h"

#include <gtest/gtest.h>

#include "lib/proto/ttrpc.pb.h"
#include "lib/ttrpc/envelope.h"

namespace kata::ttrpc {
namespace {

using namespace std::chrono_literals;

std::string whole(const Split& split) { return split.head + std::string(split.payload); }

TEST(Frame, HeaderIsBigEndian) {
  auto bytes = encode_header({0x01020304, 0x0a0b0c0d, 2, 7});
  EXPECT_EQ(bytes, (HeaderBytes{1, 2, 3, 4, 10, 11, 12, 13, 2, 7}));
  auto back = decode_header(bytes);
  EXPECT_EQ(back.length, 0x01020304U);
  EXPECT_EQ(back.stream, 0x0a0b0c0dU);
  EXPECT_TRUE(back.is(FrameType::kResponse));
  EXPECT_EQ(back.flags, 7);
}

TEST(Envelope, RequestIsTheProtocolsMessage) {
  std::string payload(300, 'x');  // a length of two bytes
  ::ttrpc::Request request;
  ASSERT_TRUE(request.ParseFromString(whole(make_request("grpc.Health", "Check", payload, 5s))));
  EXPECT_EQ(request.service(), "grpc.Health");
  EXPECT_EQ(request.method(), "Check");
  EXPECT_EQ(request.payload(), payload);
  EXPECT_EQ(request.timeout_nano(), 5'000'000'000);
}

TEST(Envelope, RequestBringsTimeoutAndMetadata) {
  ::ttrpc::Request request;
  request.set_service("s");
  request.set_timeout_nano(-7);
  auto* entry = request.add_metadata();
  entry->set_key("containerd-namespace-ttrpc");
  entry->set_value("moby");
  auto call = parse_request(request.SerializeAsString());
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->context.timeout, 0ns);  // a negative one is none
  ASSERT_EQ(call->context.metadata.count("containerd-namespace-ttrpc"), 1U);
  EXPECT_EQ(call->context.metadata.find("containerd-namespace-ttrpc")->second, "moby");
}

TEST(Envelope, ResponseKeepsPayloadOrError) {
  auto payload = parse_response(whole(make_response(std::string("answer"))));
  ASSERT_TRUE(payload.ok());
  EXPECT_EQ(*payload, "answer");
  auto error = parse_response(whole(make_response(Error::make(Code::kNotFound, "no container a"))));
  ASSERT_FALSE(error.ok());
  EXPECT_EQ(error.error().code(), Code::kNotFound);
  EXPECT_EQ(error.error().message(), "no container a");
}

TEST(Envelope, EmptyPayloadIsAnAnswer) {
  auto payload = parse_response(whole(make_response(std::string())));
  ASSERT_TRUE(payload.ok());
  EXPECT_EQ(*payload, "");
}

TEST(Envelope, OddStatusCodesBecomeUnknown) {
  for (int32_t code : {-1, 16, 1 << 30}) {
    ::ttrpc::Response response;
    response.mutable_status()->set_code(code);
    auto out = parse_response(response.SerializeAsString());
    ASSERT_FALSE(out.ok());
    EXPECT_EQ(out.error().code(), Code::kUnknown);
    EXPECT_FALSE(out.error().message().empty());
  }
}

TEST(Envelope, GarbageIsAnError) {
  EXPECT_FALSE(parse_request("\xff\xff\xff").ok());
  EXPECT_FALSE(parse_response("\x0a\xff\xff\xff\xff\x0f").ok());
}

}  // namespace
}  // namespace kata::ttrpc
