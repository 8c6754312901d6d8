#include "lib/ttrpc/plugin/names.h"

#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

namespace kata::ttrpc {
namespace {

TEST(Names, SnakeCaseKeepsAbbreviationsTogether) {
  EXPECT_EQ(snake_case("CreateContainer"), "create_container");
  EXPECT_EQ(snake_case("GetOOMEvent"), "get_oom_event");
  EXPECT_EQ(snake_case("AddARPNeighbors"), "add_arp_neighbors");
  EXPECT_EQ(snake_case("OnlineCPUMem"), "online_cpu_mem");
  EXPECT_EQ(snake_case("CloseIO"), "close_io");
  EXPECT_EQ(snake_case("MemHotplugByProbe"), "mem_hotplug_by_probe");
  EXPECT_EQ(snake_case("already_snake"), "already_snake");
}

TEST(Names, ReplaceAllDoesNotLookAtWhatItWrote) { EXPECT_EQ(replace_all("a.b.c", ".", ".."), "a..b..c"); }

class Descriptors : public testing::Test {
 protected:
  void SetUp() override {
    static constexpr char kText[] =
        "syntax = \"proto3\"; package a.b; message M {}"
        "service ThingService { rpc Delete(M) returns (M); rpc DoIt(M) returns (M); } service Service {}";
    google::protobuf::io::ArrayInputStream input(kText, sizeof kText - 1);
    google::protobuf::io::Tokenizer tokenizer(&input, nullptr);
    google::protobuf::compiler::Parser parser;
    google::protobuf::FileDescriptorProto proto;
    ASSERT_TRUE(parser.Parse(&tokenizer, &proto));
    proto.set_name("lib/proto/thing.proto");
    file_ = pool_.BuildFile(proto);
    ASSERT_NE(file_, nullptr);
  }
  google::protobuf::DescriptorPool pool_;
  const google::protobuf::FileDescriptor* file_ = nullptr;
};

TEST_F(Descriptors, AServiceLosesItsSuffixUnlessItIsAll) {
  EXPECT_EQ(base_name(*file_->service(0)), "Thing");
  EXPECT_EQ(base_name(*file_->service(1)), "Service");
}

TEST_F(Descriptors, KeywordsGetAnUnderscore) {
  EXPECT_EQ(method_name(*file_->service(0)->method(0)), "delete_");
  EXPECT_EQ(method_name(*file_->service(0)->method(1)), "do_it");
}

TEST_F(Descriptors, TypesAndFiles) {
  EXPECT_EQ(type_name(*file_->message_type(0)), "::a::b::M");
  EXPECT_EQ(file_stem(*file_), "lib/proto/thing");
}

}  // namespace
}  // namespace kata::ttrpc
