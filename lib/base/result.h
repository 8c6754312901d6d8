// Result<T>: a value or an Error. TRY(...) unwraps or returns the error to the caller.
#pragma once

#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "lib/base/error.h"

namespace kata {

template <typename T = void>
class [[nodiscard]] Result {
 public:
  template <typename U = T>
  requires std::is_constructible_v<T, U&&> &&
      (!std::is_same_v<std::remove_cvref_t<U>, Result>)&&(!std::is_same_v<std::remove_cvref_t<U>, Error>)
          Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Calling value() on an error, or error() on a value, is a bug and aborts.
  T& value() & { return checked(); }
  const T& value() const& { return const_cast<Result*>(this)->checked(); }
  T value() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &const_cast<Result*>(this)->checked(); }
  T& operator*() & { return checked(); }
  T operator*() && { return std::move(checked()); }
  const T& operator*() const& { return const_cast<Result*>(this)->checked(); }

  const Error& error() const {
    if (ok()) std::abort();
    return *std::get_if<1>(&state_);
  }

  template <typename U>
  T value_or(U&& fallback) && {
    return ok() ? std::move(checked()) : static_cast<T>(std::forward<U>(fallback));
  }

  // The same result, the error (if any) wrapped with what was being done.
  Result wrap(std::string_view doing) && {
    if (ok()) return std::move(*this);
    return error().wrap(doing);
  }

 private:
  T& checked() {
    if (!ok()) std::abort();
    return *std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  void value() const {
    if (!ok()) std::abort();
  }
  const Error& error() const {
    if (ok()) std::abort();
    return *error_;
  }
  Result wrap(std::string_view doing) && {
    if (ok()) return {};
    return error_->wrap(doing);
  }

 private:
  std::optional<Error> error_;
};

// For a result that the caller has a reason not to look at; say the reason beside it.
template <typename T>
void ignore(const Result<T>& /*result*/) {}

}  // namespace kata

// Unwraps a Result, or returns its error from the enclosing function.
#define TRY(expression)                                        \
  ({                                                           \
    auto&& kata_try_result = (expression);                     \
    if (!kata_try_result.ok()) return kata_try_result.error(); \
    std::move(kata_try_result).value();                        \
  })

// TRY with what was being done put in front of the error. `doing` is evaluated on failure only.
#define TRY_WRAP(expression, doing)                                        \
  ({                                                                       \
    auto&& kata_try_result = (expression);                                 \
    if (!kata_try_result.ok()) return kata_try_result.error().wrap(doing); \
    std::move(kata_try_result).value();                                    \
  })
