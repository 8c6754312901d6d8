#include "cli/dashes.h"

#include <algorithm>

namespace kata::cli {

namespace {

// A word like any other to the parser.
constexpr char kDashes[] = "\x01--";

}  // namespace

std::vector<std::string> hide_dashes(int count, char** values) {
  std::vector<std::string> out(values + 1, values + count);
  auto first = std::find(out.begin(), out.end(), "--");
  if (first == out.end()) return out;
  bool command_follows = std::any_of(out.begin(), first, [](const auto& one) { return one == "exec" || one == "do"; });
  if (command_follows) {
    *first = kDashes;
  } else {
    out.erase(first);  // an id follows, which cannot be taken for an option
  }
  return out;
}

std::vector<std::string> take_command(std::vector<std::string> arguments) {
  if (!arguments.empty() && arguments.front() == kDashes) arguments.erase(arguments.begin());
  std::replace(arguments.begin(), arguments.end(), std::string(kDashes), std::string("--"));
  return arguments;
}

void id_behind_dashes(std::string& id, std::vector<std::string>& command) {
  if (id != kDashes || command.empty()) return;
  id = command.front();
  command.erase(command.begin());
}

}  // namespace kata::cli
