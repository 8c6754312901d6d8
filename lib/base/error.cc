#include "lib/base/error.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/base/concat.h"

namespace kata {

struct Error::Detail {
  Code code = Code::kUnknown;
  int err = 0;
  std::string message;
  std::string hint;
  Cause cause = Cause::kUnspecified;
  int signal = 0;
};

std::string_view code_name(Code code) {
  static constexpr std::array kNames = {
      "ok",        "cancelled",      "unknown",           "invalid argument", "timed out",
      "not found", "already exists", "permission denied", "exhausted",        "failed precondition",
      "aborted",   "out of range",   "unimplemented",     "internal",         "unavailable",
      "data loss"};
  auto index = static_cast<size_t>(code);
  return index < kNames.size() ? kNames[index] : "unknown";
}

Code code_of_errno(int err) {
  switch (err) {
    case EINVAL:
    case ENAMETOOLONG:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
      return Code::kInvalidArgument;
    case ENOENT:
    case ESRCH:
    case ENODEV:
    case ENXIO:
      return Code::kNotFound;
    case EEXIST:
      return Code::kAlreadyExists;
    case EPERM:
    case EACCES:
    case EROFS:
      return Code::kPermissionDenied;
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
      return Code::kResourceExhausted;
    case EBUSY:
    case ENOTEMPTY:
      return Code::kFailedPrecondition;
    case ETIMEDOUT:
      return Code::kDeadlineExceeded;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
      return Code::kUnavailable;
    case ENOSYS:
    case EOPNOTSUPP:
      return Code::kUnimplemented;
    default:
      return Code::kInternal;
  }
}

Error::Error(std::shared_ptr<const Detail> detail) : detail_(std::move(detail)) {}

Error Error::make(Code code, std::string what) {
  return Error(std::make_shared<const Detail>(Detail{.code = code, .message = std::move(what)}));
}

Error Error::sys(int err, std::string_view operation, std::string_view object) {
  std::array<char, 128> buffer{};
  const char* reason = strerror_r(err, buffer.data(), buffer.size());
  auto message = object.empty() ? concat(operation, ": ", reason) : concat(operation, " ", object, ": ", reason);
  return Error(
      std::make_shared<const Detail>(Detail{.code = code_of_errno(err), .err = err, .message = std::move(message)}));
}

Error Error::wrap(std::string_view doing) const {
  auto copy = *detail_;
  copy.message = concat(doing, ": ", copy.message);
  return Error(std::make_shared<const Detail>(std::move(copy)));
}

Error Error::hint(std::string_view advice) const {
  auto copy = *detail_;
  copy.hint = advice;
  return Error(std::make_shared<const Detail>(std::move(copy)));
}

Error Error::add(std::string_view more) const {
  auto copy = *detail_;
  copy.message = concat(copy.message, "; ", more);
  return Error(std::make_shared<const Detail>(std::move(copy)));
}

Error Error::because(Cause cause) const {
  auto copy = *detail_;
  copy.cause = cause;
  copy.signal = 0;
  return Error(std::make_shared<const Detail>(std::move(copy)));
}

Error Error::killed_by(int signal) const {
  auto copy = *detail_;
  copy.cause = Cause::kKilledBySignal;
  copy.signal = signal;
  return Error(std::make_shared<const Detail>(std::move(copy)));
}

Error Error::with_code(Code code) const {
  auto copy = *detail_;
  copy.code = code;
  return Error(std::make_shared<const Detail>(std::move(copy)));
}

Code Error::code() const { return detail_->code; }
int Error::sys_errno() const { return detail_->err; }
const std::string& Error::hint_text() const { return detail_->hint; }
Cause Error::cause() const { return detail_->cause; }
int Error::signal() const { return detail_->signal; }
const std::string& Error::message() const { return detail_->message; }

std::string Error::text() const {
  return detail_->hint.empty() ? detail_->message : concat(detail_->message, " (try: ", detail_->hint, ")");
}

}  // namespace kata
