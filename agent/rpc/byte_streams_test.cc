#include "agent/rpc/byte_streams.h"

#include <endian.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <future>

#include "lib/sys/fd.h"

namespace kata::agent {
namespace {

class ByteStreamsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto pair = std::move(sys::socket_pair(SOCK_STREAM)).value();
    host_ = std::move(pair.first);
    serving_ =
        std::async(std::launch::async, [this, end = pair.second.release()] { return streams_.serve(UniqueFd(end)); });
  }
  uint64_t announce(std::string_view text) {
    return std::move(streams_.announce([text](int connection) { ignore(sys::write_all(connection, text)); })).value();
  }
  std::string claim(uint64_t key) {
    key = htobe64(key);
    EXPECT_TRUE(sys::write_all(host_.get(), &key, sizeof key).ok());
    auto answer = sys::read_to_end(host_.get(), 100).value();
    if (answer.empty()) return answer;
    EXPECT_EQ(answer.substr(0, sizeof key), std::string_view(reinterpret_cast<char*>(&key), sizeof key));
    return answer.substr(sizeof key);
  }

  ByteStreams streams_;
  UniqueFd host_;
  std::future<Result<>> serving_;
};

TEST_F(ByteStreamsTest, AKeyFindsItsStream) {
  announce("another");
  auto key = announce("hello");
  EXPECT_EQ(claim(key), "hello");
  EXPECT_TRUE(serving_.get().ok());
}

TEST_F(ByteStreamsTest, AnUnknownKeyIsRefused) {
  EXPECT_EQ(claim(announce("hello") + 1), "");
  EXPECT_EQ(serving_.get().error().code(), Code::kNotFound);
}

TEST_F(ByteStreamsTest, WhatNobodyClaimsIsForgotten) {
  auto key = announce("old");
  for (int i = 0; i < 300; ++i) announce("new");
  EXPECT_EQ(claim(key), "");
}

TEST_F(ByteStreamsTest, AConnectionThatSaysNothingEndsByItself) {
  ::shutdown(host_.get(), SHUT_WR);
  EXPECT_FALSE(serving_.get().ok());
}

}  // namespace
}  // namespace kata::agent
