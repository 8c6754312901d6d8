#include "runtime/config/daemon_arguments.h"

#include <algorithm>
#include <array>

#include "lib/base/concat.h"
#include "lib/base/split.h"

namespace kata::config {

namespace {

// Without the Rust daemon's dashes in front. The C one has "_" for "-"; both have "no" in front of some.
constexpr std::array<std::string_view, 16> kOptions = {
    "allow-direct-io",
    "allow-mmap",
    "announce-submounts",
    "cache",
    "flock",
    "inode-file-handles",
    "killpriv-v2",
    "log-level",
    "posix-acl",
    "posix-lock",
    "preserve-noatime",
    "readdirplus",
    "thread-pool-size",
    "timeout",
    "writeback",
    "xattr",
};
// Their value may be the next argument.
constexpr std::array<std::string_view, 4> kWithValue = {"cache", "inode-file-handles", "log-level", "thread-pool-size"};

template <size_t N>
bool has(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Nothing that could be a path, or go on with an option of its own.
bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
  });
}

Result<> accept(std::string_view option) {
  auto equals = option.find('=');
  std::string name(option.substr(0, equals));
  std::replace(name.begin(), name.end(), '_', '-');
  bool known = has(kOptions, name.starts_with("no-") ? std::string_view(name).substr(3) : name);
  if (known && (equals == std::string_view::npos || is_word(option.substr(equals + 1)))) return {};
  return Error::make(Code::kPermissionDenied, concat("\"", option, "\" may not come from an annotation"))
      .hint("set it in virtio_fs_extra_args of the configuration file, which is the host administrator's");
}

Result<> accept_each(std::string_view options) {
  for (auto option : split(options, ",")) TRY(accept(option));
  return {};
}

}  // namespace

Result<> only_harmless_daemon_arguments(const Value& arguments) {
  std::string_view before;  // what waits for its value
  for (std::string_view argument : std::get<Strings>(arguments)) {
    if (before == "-o") {
      TRY(accept_each(argument));
    } else if (!before.empty()) {
      TRY(accept(concat(before, "=", argument)));
    } else if (argument.starts_with("--")) {
      TRY(accept(argument.substr(2)));
      if (has(kWithValue, argument.substr(2))) {
        before = argument.substr(2);
        continue;
      }
    } else if (argument == "-o") {
      before = argument;
      continue;
    } else if (argument.starts_with("-o")) {
      TRY(accept_each(argument.substr(2)));
    } else if (argument != "-d" && argument != "-f") {
      TRY(accept(argument));
    }
    before = {};
  }
  return {};
}

}  // namespace kata::config
