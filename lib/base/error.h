// Errors are values: a code, what was attempted, on which object, why, and what to try.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace kata {

// Numbered like gRPC's status codes, so that an error crosses a ttrpc connection unchanged.
// https://grpc.github.io/grpc/core/md_doc_statuscodes.html
enum class Code : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
};

std::string_view code_name(Code code);

// The gRPC code that fits an errno best.
Code code_of_errno(int err);

// What happened, for code that has to decide by it: a message is for people, and somebody will reword it. Most errors
// need none. Whoever reads the fact sets it (Error::because); it survives wrap(), hint(), add() and with_code(), and
// does not cross a ttrpc connection.
enum class Cause {
  kUnspecified,
  kKilledBySignal,       // a process that was needed; Error::signal() has the number
  kDamagedSavedMachine,  // the files of a saved machine (a template's) cannot be used
};

// An immutable error. Copies are cheap (shared). Thread-safe like any const object.
class [[nodiscard]] Error {
 public:
  // `what` is a whole sentence fragment: "container id \"a/b\" holds a slash".
  static Error make(Code code, std::string what);

  // A system call that failed: "open /dev/kvm: Permission denied".
  static Error sys(int err, std::string_view operation, std::string_view object = {});

  // The same error with what the caller was doing in front: "starting QEMU: open …".
  Error wrap(std::string_view doing) const;

  // The same error with advice: what the user can try. The outermost hint wins.
  Error hint(std::string_view advice) const;

  // The same error with more to say behind its message: "…; the guest's console ends with: …".
  Error add(std::string_view more) const;

  // The same error and text under another code.
  Error with_code(Code code) const;

  // The same error with its cause. The innermost says most: set it where the fact is read.
  Error because(Cause cause) const;
  Error killed_by(int signal) const;  // Cause::kKilledBySignal

  Code code() const;
  int sys_errno() const;  // 0 when no system call was at fault
  const std::string& hint_text() const;
  Cause cause() const;
  int signal() const;  // 0 unless the cause is kKilledBySignal

  // Everything on one line, without the hint.
  const std::string& message() const;

  // message() and, when there is one, " (try: hint)".
  std::string text() const;

  bool is(Code c) const { return code() == c; }
  bool is_errno(int err) const { return sys_errno() == err; }

 private:
  struct Detail;
  explicit Error(std::shared_ptr<const Detail> detail);
  std::shared_ptr<const Detail> detail_;
};

}  // namespace kata
