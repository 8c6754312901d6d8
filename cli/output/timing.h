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
  // A part of the phase "create", as the shim accounts for it: "kernel".
  void add_part_of_create(std::string name, double milliseconds);

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
