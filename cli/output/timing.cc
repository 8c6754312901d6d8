#include "cli/output/timing.h"

#include <algorithm>
#include <cstdio>

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

void Timing::add_part_of_create(std::string name, double milliseconds) {
  // Two clocks that do not agree may give less than nothing.
  inside_create_.push_back({std::move(name), std::max(0.0, milliseconds)});
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
