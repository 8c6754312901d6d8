// The guest's and the agent's numbers in Prometheus' text format: families kata_guest_* and kata_agent_*.
// https://github.com/prometheus/docs/blob/main/content/docs/instrumenting/exposition_formats.md
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::agent {

// `proc` is /proc.
Result<std::string> collect_metrics(const std::string& proc);

// One family: HELP and TYPE lines, then samples.
class MetricFamily {
 public:
  MetricFamily(std::string_view name, std::string_view type, std::string_view help);
  // `labels` is `item="free"`, or empty. `value` is a number as text.
  void add(std::string_view labels, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  std::string name_;
  std::string text_;
};

}  // namespace kata::agent
