#include "cli/host/check.h"

#include <unistd.h>

#include <cstdio>
#include <iterator>

#include "cli/engines/install.h"
#include "lib/base/concat.h"
#include "lib/text/json.h"
#include "runtime/host_check/host_check.h"

namespace kata::cli {

namespace {

using host_check::Item;
using host_check::Verdict;

void print(std::FILE* to, const std::string& text) { std::fwrite(text.data(), 1, text.size(), to); }

void print_item(const Item& item) {
  auto line = concat("[", host_check::verdict_name(item.verdict), "] ", item.name, ": ", item.detail, "\n");
  if (!item.fix.empty()) line += concat("    fix: ", item.fix, "\n");
  print(stdout, line);
}

struct Outcome {
  bool capable = false;
  bool can_create = false;
  std::string no_place;
};

void print_json(const std::vector<Item>& items, const Outcome& outcome) {
  JsonWriter json;
  json.begin_object().field("capable", outcome.capable).field("can_create", outcome.can_create).begin_array("checks");
  for (const auto& item : items) {
    json.begin_object()
        .field("name", item.name)
        .field("verdict", host_check::verdict_name(item.verdict))
        .field("detail", item.detail)
        .field("fix", item.fix)
        .end_object();
  }
  json.end_array().end_object();
  print(stdout, json.text() + "\n");
}

void print_text(const std::vector<Item>& items, const Outcome& outcome) {
  for (const auto& item : items) print_item(item);
  if (outcome.capable) print(stdout, "System is capable of running Kata Containers\n");
  if (outcome.can_create) print(stdout, "System can currently create Kata Containers\n");
  if (outcome.capable && !outcome.can_create) {
    auto why = outcome.no_place.empty() ? std::string("run it as root") : outcome.no_place;
    print(stdout, concat("This user cannot create Kata Containers: ", why, "\n"));
  }
  if (!outcome.capable) print(stderr, "ERROR: System is not capable of running Kata Containers\n");
}

// An engine that does not know us is no fault of the host's.
std::vector<Item> engine_items() {
  std::vector<Item> out;
  for (const auto& engine : engines::look_at_engines()) {
    auto verdict = engine.known ? Verdict::kNote : Verdict::kWarning;
    if (engine.registered) verdict = Verdict::kOk;
    out.push_back({engine.engine, verdict, engine.detail, engine.fix});
  }
  return out;
}

std::vector<Item> look(const std::string& path) {
  auto config = config::load(path);
  if (!config) return {{"configuration", Verdict::kError, config.error().message(), config.error().hint_text()}};
  auto out = host_check::check_host(*config);
  auto engines = engine_items();
  out.insert(out.end(), std::make_move_iterator(engines.begin()), std::make_move_iterator(engines.end()));
  return out;
}

}  // namespace

int run_check(const CheckOptions& options) {
  if (options.check_version_only || options.only_list_releases || options.include_all_releases) {
    print(stdout, concat("This is version ", KATA_VERSION, ". Newer releases are not looked for.\n"));
    return 0;
  }
  auto items = look(options.config);
  Outcome outcome;
  outcome.capable =
      !host_check::has(items, Verdict::kError) && !(options.strict && host_check::has(items, Verdict::kWarning));
  outcome.no_place = options.no_place;
  outcome.can_create = outcome.capable && ::geteuid() == 0;
  if (options.json) {
    print_json(items, outcome);
  } else {
    print_text(items, outcome);
  }
  return outcome.capable ? 0 : 1;
}

}  // namespace kata::cli
