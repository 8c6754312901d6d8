#include "lib/netlink/message.h"

#include <gtest/gtest.h>

namespace kata::netlink {
namespace {

// What parse_attributes() makes of a request's own bytes.
Attributes attributes_of(const std::string& bytes) {
  return parse_attributes(std::string_view(bytes).substr(sizeof(nlmsghdr) + NLMSG_ALIGN(sizeof(ifinfomsg))));
}

TEST(Message, CarriesLengthAndSequence) {
  auto bytes = Request(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{}).finish(7);
  nlmsghdr head{};
  std::memcpy(&head, bytes.data(), sizeof head);
  EXPECT_EQ(head.nlmsg_len, bytes.size());
  EXPECT_EQ(head.nlmsg_seq, 7U);
  EXPECT_EQ(head.nlmsg_type, RTM_GETLINK);
  EXPECT_EQ(head.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
}

TEST(Message, AttributesOfOddLengthsAreAligned) {
  Request request(RTM_NEWLINK, 0, ifinfomsg{});
  request.text(1, "eth").text(2, "ab").attribute(3, 77U);
  auto bytes = request.finish(1);
  auto attributes = attributes_of(bytes);
  EXPECT_EQ(bytes.size() % NLMSG_ALIGNTO, 0U);
  EXPECT_EQ(to_text(attributes[1]), "eth");
  EXPECT_EQ(to_text(attributes[2]), "ab");
  EXPECT_EQ(to_u32(attributes[3]), 77U);
}

TEST(Message, NestsHoldAttributes) {
  Request request(RTM_NEWLINK, 0, ifinfomsg{});
  auto nest = request.begin_nest(8);
  request.attribute(2, 1400U);
  request.end_nest(nest);
  request.text(9, "after");
  auto bytes = request.finish(1);
  auto attributes = attributes_of(bytes);
  EXPECT_EQ(to_u32(parse_attributes(attributes[8])[2]), 1400U);
  EXPECT_EQ(to_text(attributes[9]), "after");
}

TEST(Message, BrokenAttributesEndTheWalk) {
  EXPECT_TRUE(parse_attributes(std::string_view("\x02\x00\x01\x00", 4)).empty());  // shorter than its header
  EXPECT_TRUE(parse_attributes(std::string_view("\x40\x00\x01\x00", 4)).empty());  // longer than the message
  EXPECT_TRUE(parse_attributes("abc").empty());
  EXPECT_EQ(to_u32("ab"), 0U);
}

TEST(Message, AShortAnswerHasNoHeader) {
  Message message{RTM_NEWLINK, "abc"};
  ifinfomsg head{};
  EXPECT_FALSE(message.header(head));
  EXPECT_TRUE(message.attributes<ifinfomsg>().empty());
}

}  // namespace
}  // namespace kata::netlink
