#include "cli/engines/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/concat.h"

namespace kata::cli::engines {
namespace {

oci::Value path_entry() { return {oci::Value::Object{{"path", oci::Value{std::string("/bin/k")}}}}; }

std::string with_kata(std::string_view text) {
  auto out = with_member(text, "runtimes", "kata", path_entry());
  return out ? *out : concat("error: ", out.error().message());
}

TEST(JsonText, AnEmptyFileBecomesAnObject) {
  constexpr char kWhole[] = "{\n  \"runtimes\": {\n    \"kata\": {\n      \"path\": \"/bin/k\"\n    }\n  }\n}\n";
  EXPECT_EQ(with_kata(""), kWhole);
  EXPECT_EQ(with_kata(" \n"), kWhole);
  EXPECT_EQ(with_kata("{}\n"), kWhole);
}

TEST(JsonText, IndentationAndOrderStay) {
  EXPECT_EQ(with_kata("{\n\t\"z\": 1.50,\n\t\"a\": [ 1,2 ]\n}"),
            "{\n\t\"z\": 1.50,\n\t\"a\": [ 1,2 ],\n\t\"runtimes\": {\n\t\t\"kata\": {\n\t\t\t\"path\": \"/bin/k\"\n"
            "\t\t}\n\t}\n}");
  EXPECT_EQ(with_kata("{\n    \"runtimes\": {\n        \"x\": {\"path\": \"}\\\"{\"}\n    },\n    \"b\": null\n}\n"),
            "{\n    \"runtimes\": {\n        \"x\": {\"path\": \"}\\\"{\"},\n        \"kata\": {\n"
            "            \"path\": \"/bin/k\"\n        }\n    },\n    \"b\": null\n}\n");
}

TEST(JsonText, OneLineStaysOneLine) {
  EXPECT_EQ(with_kata("{\"debug\": true}"), "{\"debug\": true, \"runtimes\": {\"kata\": {\"path\": \"/bin/k\"}}}");
}

TEST(JsonText, TheLastOfTwoWithTheSameKeyCounts) {
  EXPECT_EQ(with_kata("{\"runtimes\": {\"kata\": 1}, \"runtimes\": {\"y\": 2}}"),
            "{\"runtimes\": {\"kata\": 1}, \"runtimes\": {\"y\": 2, \"kata\": {\"path\": \"/bin/k\"}}}");
}

TEST(JsonText, AKeyMayBeWrittenWithEscapes) {
  EXPECT_EQ(with_kata(R"({"\u0072untimes": {"y": 2}})"), R"({"\u0072untimes": {"y": 2, "kata": {"path": "/bin/k"}}})");
}

TEST(JsonText, WhatIsThereOrIsNoObjectIsAnError) {
  auto there = with_member("{\"runtimes\": {\"kata\": {}}}", "runtimes", "kata", path_entry());
  ASSERT_FALSE(there);
  EXPECT_TRUE(there.error().is(Code::kAlreadyExists));
  for (const char* text : {"[]", "3", "{\"runtimes\": []}", "{\"runtimes\": 1}", "{", "{\"a\": 1,}", "{} {}"}) {
    EXPECT_FALSE(with_member(text, "runtimes", "kata", path_entry())) << text;
  }
}

}  // namespace
}  // namespace kata::cli::engines
