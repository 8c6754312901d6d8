// Runs a function when the scope ends, unless it was dismissed.
#pragma once

#include <utility>

namespace kata {

template <typename F>
class [[nodiscard]] Defer {
 public:
  explicit Defer(F action) : action_(std::move(action)) {}
  Defer(const Defer&) = delete;
  Defer& operator=(const Defer&) = delete;
  ~Defer() {
    if (armed_) action_();
  }
  void dismiss() { armed_ = false; }

 private:
  F action_;
  bool armed_ = true;
};

template <typename F>
Defer<F> defer(F action) {
  return Defer<F>(std::move(action));
}

}  // namespace kata
