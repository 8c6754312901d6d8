// "--" on the command line: what follows is no option, but an id, or the command that exec and do run. Pure.
#pragma once

#include <string>
#include <vector>

namespace kata::cli {

// The words of the command line behind the program's name, for the parser: it hands "--" back to the main program where
// a command has no positional left, so that before a command "--" gets another name, and goes before anything else.
std::vector<std::string> hide_dashes(int count, char** values);

// The command and its arguments: what the parser found behind the options, without the "--" that may separate them.
std::vector<std::string> take_command(std::vector<std::string> arguments);

// exec -- ID COMMAND: the parser took "--" for the id.
void id_behind_dashes(std::string& id, std::vector<std::string>& command);

}  // namespace kata::cli
