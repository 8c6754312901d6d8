#include "lib/text/json.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

namespace kata {
namespace {

TEST(JsonWriter, Nests) {
  JsonWriter json(false);
  json.begin_object().field("id", "x").field("pid", 7).field("up", true).begin_array("list").value(1).value(2);
  json.end_array().begin_object("none").end_object().field("last", std::string("y")).end_object();
  EXPECT_EQ(json.text(), R"({"id":"x","pid":7,"up":true,"list":[1,2],"none":{},"last":"y"})");
}

TEST(JsonWriter, Indents) {
  JsonWriter json;
  json.begin_object().begin_array("a").value("b").end_array().end_object();
  EXPECT_EQ(json.text(), "{\n  \"a\": [\n    \"b\"\n  ]\n}");
}

TEST(JsonWriter, Texts) {
  JsonWriter json(false);
  json.begin_object().texts("none", std::map<std::string, std::string>{});
  json.texts("some", std::map<std::string, std::string>{{"a", "1"}, {"b\"", "2"}}).end_object();
  EXPECT_EQ(json.text(), R"({"none":{},"some":{"a":"1","b\"":"2"}})");
}

TEST(JsonWriter, EmptyTopLevelArray) {
  JsonWriter json(false);
  json.begin_array().end_array();
  EXPECT_EQ(json.text(), "[]");
}

TEST(JsonWriter, EveryByteStringBecomesValidJson) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  for (const auto& text : {all, std::string("\"\\/\n\t\r\x01"), std::string("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xb3"),
                           std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"), std::string("\xc3")}) {
    EXPECT_TRUE(nlohmann::json::accept(json_string(text))) << json_string(text);
  }
}

TEST(JsonMilliseconds, HaveOneDecimal) {
  EXPECT_EQ(json_milliseconds(12.34), "12.3");
  EXPECT_EQ(json_milliseconds(0.96), "1.0");
  EXPECT_EQ(json_milliseconds(-3), "0.0");
}

TEST(JsonString, NothingInItTurnsATerminal) {
  EXPECT_EQ(json_string("\x1b[31m \x7f \x01"), R"("\u001b[31m \u007f \u0001")");
  EXPECT_EQ(json_string("\xff"
                        "a\xc3"),
            "\"\xef\xbf\xbd"
            "a\xef\xbf\xbd\"");
}

TEST(JsonWriter, KeepsTextAsItIs) {
  for (const std::string text : {"plain", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb3", "a\"b\\c\nd\x01"}) {
    EXPECT_EQ(nlohmann::json::parse(json_string(text)).get<std::string>(), text);
  }
}

}  // namespace
}  // namespace kata
