#include "runtime/config/schema.h"

#include <gmock/gmock.h>

#include <set>

#include "lib/base/concat.h"
#include "runtime/config/test_config.h"
#include "runtime/config/toml_file.h"

namespace kata::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Schema& schema() {
  static const Schema kSchema(hypervisor::default_driver());
  return kSchema;
}

TEST(Schema, NamesAreUnique) {
  std::set<std::pair<Section, std::string>> seen;
  for (const auto* key : schema().keys()) {
    EXPECT_TRUE(seen.emplace(key->section, key->name).second) << key->name;
    for (const auto& alias : key->aliases) EXPECT_TRUE(seen.emplace(key->section, alias.name).second) << alias.name;
  }
}

TEST(Schema, AnnotationsAreUnique) {
  std::set<std::string> seen;
  for (const auto* key : schema().keys()) {
    auto name = annotation_name(*key);
    if (name.empty()) continue;
    EXPECT_TRUE(seen.insert(name).second) << name;
  }
}

TEST(Schema, DefaultsPassTheirOwnChecks) {
  auto config = schema().defaults();
  for (const auto* key : schema().keys()) {
    EXPECT_FALSE(key->doc.empty()) << key->name;
    if (!key->used()) continue;
    EXPECT_TRUE(check(*key, key->fallback).ok()) << key->name;
    ASSERT_TRUE(assign(key->in(config), key->fallback).ok()) << key->name;
    EXPECT_EQ(current(key->in(config)), key->fallback) << key->name;
  }
}

TEST(Schema, FindsByBothNames) {
  EXPECT_EQ(schema().find(Section::kHypervisor, "seccompsandbox").key,
            schema().find(Section::kHypervisor, "seccomp_sandbox").key);
  EXPECT_EQ(schema().find(Section::kRuntime, "kernel").key, nullptr);
  EXPECT_EQ(schema().find_annotation("hypervisor.default_max_vcpus")->name, "default_maxvcpus");
  EXPECT_EQ(schema().find_annotation("runtime.create_container_timeout")->section, Section::kRuntime);
  EXPECT_EQ(schema().find_annotation("hypervisor.nothing"), nullptr);
}

// Every key without its comment sign, so that the file says what the schema says.
std::string uncommented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('#') && !line.starts_with("# ")) line.remove_prefix(1);
    out.append(line).append("\n");
  }
  return out;
}

class Documents : public Directory {};

TEST_F(Documents, DefaultFileSaysTheDefaults) {
  auto text = default_configuration();
  EXPECT_THAT(text, Not(HasSubstr("`")));
  auto commented = load(write("commented.toml", text));
  auto whole = load(write("whole.toml", uncommented(text)));
  ASSERT_TRUE(commented.ok()) << commented.error().text();
  ASSERT_TRUE(whole.ok()) << whole.error().text();
  EXPECT_EQ(effective_configuration(*commented), effective_configuration(*whole));
  EXPECT_TRUE(whole->warnings.empty()) << whole->warnings.front();
  auto document = parse_toml(uncommented(text), "text");
  ASSERT_TRUE(document.ok());
  EXPECT_TRUE(document->values.contains(Path{"hypervisor", "qemu", "accelerator"}));
  EXPECT_TRUE(document->values.contains(Path{"runtime", "create_container_timeout"}));
}

TEST_F(Documents, EffectiveConfigurationLoadsAgain) {
  auto first = load(write("a.toml",
                          "[hypervisor.qemu]\nkernel = \"/a \\\"b\\\"\"\ndefault_vcpus = 0.5\n[runtime]\n"
                          "enable_debug = true\n"));
  ASSERT_TRUE(first.ok()) << first.error().text();
  auto text = effective_configuration(*first);
  EXPECT_THAT(text, HasSubstr("kernel = \"/a \\\"b\\\"\"\n"));
  EXPECT_THAT(text, HasSubstr("default_vcpus = 0.5\n"));
  auto second = load(write("b.toml", text));
  ASSERT_TRUE(second.ok()) << second.error().text();
  EXPECT_EQ(text, effective_configuration(*second));
}

// The page is generated. KATA_WRITE_DOCS=1 writes it.
TEST(Reference, IsCurrent) {
  auto path = std::string(KATA_SOURCE_DIR) + "/docs/configuration.md";
  if (getenv("KATA_WRITE_DOCS") != nullptr) {
    ASSERT_TRUE(sys::write_file(path, reference_markdown()).ok());
  }
  auto page = sys::read_file(path);
  ASSERT_TRUE(page.ok()) << page.error().text();
  EXPECT_TRUE(*page == reference_markdown()) << path << " is not what the schema says: run KATA_WRITE_DOCS=1 "
                                             << "kata_config_test";
}

TEST(Reference, HoldsEveryKey) {
  auto page = reference_markdown();
  for (const auto* key : schema().keys()) EXPECT_THAT(page, HasSubstr(concat("| `", key->name, "`")));
}

}  // namespace
}  // namespace kata::config
