#include "runtime/virtiofsd/program.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"

namespace kata::virtiofsd {

namespace {

constexpr size_t kMaxHelp = 64U << 10U;
constexpr std::chrono::seconds kHelpTimeout{10};

// Both print their options to stdout or stderr, with any exit status.
Result<std::string> help_of(const std::string& path) {
  auto pipe = TRY(sys::pipe());
  auto child = TRY(sys::spawn({.argv = {path, "--help"}, .out = pipe.write.get(), .err = pipe.write.get()}));
  pipe.write.reset();
  auto ended = sys::wait_for(child.pidfd.get(), POLLIN, kHelpTimeout);
  if (!ended || !*ended) ignore(sys::pidfd_signal(child.pidfd.get(), 9));
  TRY(sys::wait_child(child.pid));
  // A child of its own may hold the pipe open; what there is now is enough.
  TRY(sys::set_nonblocking(pipe.read.get(), true));
  std::string text(kMaxHelp, '\0');
  auto got = sys::read_some(pipe.read.get(), text.data(), text.size());
  text.resize(got ? *got : 0);
  return text;
}

// The C daemon's "none" is "never" now, and it has no "metadata".
std::string cache_mode(Dialect dialect, const std::string& cache) {
  if (dialect == Dialect::kRust) return cache == "none" ? "never" : cache;
  if (cache == "never") return "none";
  // Its own "auto" makes the guest drop a file's content at every open, though nothing changed: an exec read the whole
  // program again, 50 ms for busybox in an emulated guest. Attributes that live for a second (FUSE_AUTO_INVAL_DATA: a
  // new time or size drops the content) show changes as well.
  return cache == "always" ? "always" : "always,timeout=1";
}

// Of the Rust daemon's options those that the C one has too, behind -o and with "_" for "-".
constexpr std::array<std::string_view, 14> kBoth{
    "allow-direct-io", "announce-submounts", "cache",          "flock",   "killpriv-v2", "log-level", "posix-acl",
    "posix-lock",      "readdirplus",        "security-label", "timeout", "writeback",   "xattr",     "xattrmap",
};

// Upstream's shipped configuration files are written for the other daemon.
std::string for_c(std::string_view argument) {
  if (!argument.starts_with("--")) return {};
  auto equals = argument.find('=');
  std::string name(argument.substr(2, equals == std::string_view::npos ? equals : equals - 2));
  auto known = std::string_view(name).substr(name.starts_with("no-") ? 3 : 0);
  if (std::find(kBoth.begin(), kBoth.end(), known) == kBoth.end()) return {};
  std::replace(name.begin(), name.end(), '-', '_');
  if (equals == std::string_view::npos) return name;
  std::string value(argument.substr(equals + 1));
  if (name == "cache") value = cache_mode(Dialect::kC, value);
  if (name == "log_level" && value == "error") value = "err";
  return concat(name, "=", value);
}

bool takes_a_word(std::string_view argument) { return argument == "--cache" || argument == "--log-level"; }

void add_for_c(std::vector<std::string>& out, const std::vector<std::string>& more) {
  for (size_t i = 0; i < more.size(); ++i) {
    bool two = takes_a_word(more[i]) && i + 1 < more.size();
    auto option = for_c(two ? concat(more[i], "=", more[i + 1]) : more[i]);
    if (!option.empty()) out.emplace_back("-o");
    out.push_back(option.empty() ? more[i] : option);
    if (two) ++i;
  }
}

// Commas end an option of -o; a backslash keeps them.
std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == ',' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string_view dialect_name(Dialect dialect) { return dialect == Dialect::kC ? "C" : "Rust"; }

Result<Dialect> detect(const std::string& path) {
  auto help = TRY_WRAP(help_of(path), "asking virtio-fs' daemon for its options");
  if (help.find("--shared-dir") != std::string::npos) return Dialect::kRust;
  if (help.find("-o source=") != std::string::npos) return Dialect::kC;
  return Error::make(Code::kFailedPrecondition,
                     concat(path, " --help names neither --shared-dir nor -o source=: it is no virtiofsd that we know"))
      .hint("set virtio_fs_daemon to another program, or shared_fs to \"virtio-9p\", which needs no daemon");
}

// Submounts are announced because each share is a mount of its own: without it, files of different file systems get
// the same inode number. chroot, not a mount namespace of its own, which would not see the shares that come later.
// Extended attributes carry file capabilities (ping, for one), and access control lists, which the guest's kernel obeys
// only if it is told of them. A handle instead of a descriptor for each file that the guest knows, where the host's
// file system has them, keeps the daemon's descriptors for open files.
std::vector<std::string> arguments(const std::string& path, Dialect dialect, const Call& call) {
  std::vector<std::string> out{path, concat("--fd=", call.listener)};
  if (dialect == Dialect::kRust) {
    for (auto& argument : std::vector<std::string>{
             concat("--shared-dir=", call.directory), "--cache=" + cache_mode(dialect, call.cache), "--sandbox=chroot",
             "--announce-submounts", "--xattr", "--posix-acl", "--inode-file-handles=prefer"}) {
      out.push_back(std::move(argument));
    }
    out.insert(out.end(), call.more.begin(), call.more.end());
    return out;
  }
  out.emplace_back("-f");
  for (const auto& option : {concat("source=", escaped(call.directory)),
                             concat("cache=", cache_mode(dialect, call.cache)), std::string("sandbox=chroot"),
                             std::string("announce_submounts"), std::string("xattr"), std::string("posix_acl")}) {
    out.emplace_back("-o");
    out.push_back(option);
  }
  add_for_c(out, call.more);
  return out;
}

}  // namespace kata::virtiofsd
