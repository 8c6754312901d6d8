// Where the time of one `do` went.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace kata::cli {

class Timing {
 public:
  using Clock = std::chrono::steady_clock;

  // The time since the last mark belongs to `phase`.
  void mark(std::string phase);
  // The time since the last mark belongs to nobody.
  void skip() { last_ = Clock::now(); }
  // The shim's account of "create": {"vm": 12, "kernel": 900, …} in milliseconds. Anything else is ignored.
  void add_phases(const std::string& json);

  std::string text() const;
  void print() const;  // on stderr

 private:
  struct Phase {
    std::string name;
    double milliseconds;
  };
  Clock::time_point last_ = Clock::now();
  std::vector<Phase> phases_;
  std::vector<Phase> inside_create_;
};

}  // namespace kata::cli
