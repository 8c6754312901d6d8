#include "cli/output/timing.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace kata::cli {

namespace {

constexpr char kCreate[] = "create";

void append_line(std::string& out, const std::string& name, double milliseconds) {
  char line[96];
  std::snprintf(line, sizeof line, "%-28s %9.1f ms\n", name.c_str(), milliseconds);
  out += line;
}

}  // namespace

void Timing::mark(std::string phase) {
  auto now = Clock::now();
  phases_.push_back({std::move(phase), std::chrono::duration<double, std::milli>(now - last_).count()});
  last_ = now;
}

void Timing::add_phases(const std::string& json) {
  auto parsed = nlohmann::ordered_json::parse(json, nullptr, false);
  if (!parsed.is_object()) return;
  for (const auto& [name, value] : parsed.items()) {
    if (value.is_number()) inside_create_.push_back({name, value.get<double>()});
  }
}

std::string Timing::text() const {
  std::string out;
  double total = 0;
  for (const auto& phase : phases_) {
    bool whole = phase.name == kCreate && inside_create_.empty();
    append_line(out, whole ? "VM, kernel, agent, container" : phase.name, phase.milliseconds);
    total += phase.milliseconds;
    if (phase.name != kCreate) continue;
    for (const auto& part : inside_create_) append_line(out, "  " + part.name, part.milliseconds);
  }
  append_line(out, "total", total);
  return out;
}

void Timing::print() const { std::fputs(text().c_str(), stderr); }

}  // namespace kata::cli
