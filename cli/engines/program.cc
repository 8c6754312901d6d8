#include "cli/engines/program.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/sys/program.h"
#include "lib/sys/root_path.h"

namespace kata::cli::engines {

namespace {

constexpr auto kPatience = std::chrono::seconds(60);  // a machine that starts, and an engine of 100 MB
constexpr size_t kMaxOutput = 4U << 20U;
constexpr size_t kMaxComplaint = 2000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// From its beginning: what wrote it has moved the descriptor's own position.
Result<std::string> text_of(int file) { return sys::read_file(sys::fd_path(file), kMaxOutput); }

// The end of what it said, on one line: the reason is behind the warnings.
std::string complaint(std::string_view text) {
  std::string out;
  for (auto line : lines_of(text.substr(text.size() - std::min(text.size(), kMaxComplaint)))) {
    if (!line.empty()) out += concat(out.empty() ? "" : " / ", line);
  }
  return out;
}

}  // namespace

std::string version_in(std::string_view text) {
  for (auto word : split(text, " \t\n,")) {
    if (word.starts_with('v')) word.remove_prefix(1);
    if (!word.empty() && is_digit(word[0]) && word.find('.') != std::string_view::npos) return std::string(word);
  }
  return {};
}

// Into files in memory: a child of its own that holds a pipe open would be waited for.
Result<std::string> output_of(const std::vector<std::string>& command) {
  auto out = TRY(sys::memory_file("kata-engine-out"));
  auto err = TRY(sys::memory_file("kata-engine-err"));
  auto child = TRY(sys::spawn({.argv = command, .out = out.get(), .err = err.get()}));
  auto ended = sys::wait_for(child.pidfd.get(), POLLIN, kPatience);
  if (!ended || !*ended) ignore(sys::pidfd_signal(child.pidfd.get(), SIGKILL));
  auto status = TRY(sys::wait_child(child.pid));
  if (status.code == 0) return text_of(out.get());
  auto said = text_of(err.get());
  return Error::make(Code::kFailedPrecondition, concat(command[0], " ", sys::describe(status), ": ",
                                                       said ? complaint(*said) : said.error().message()));
}

Program find_engine(const std::string& name) {
  return find_engine(
      std::vector<std::string>{name, "/usr/local/sbin/" + name, "/usr/sbin/" + name, "/usr/local/bin/" + name});
}

Program find_engine(const std::vector<std::string>& candidates) {
  Program out;
  out.path = sys::find_program(candidates);
  if (!out) return out;
  if (auto said = output_of({out.path, "--version"})) out.version = version_in(*said);
  out.major = std::atoi(out.version.c_str());
  return out;
}

}  // namespace kata::cli::engines
