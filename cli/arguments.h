// A look over the command line before it is parsed. The parser takes what it does not know for words of a command that
// passes words on (`exec ID COMMAND...`), and sees "--help" before it sees that there is no such command.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::cli {

// What may stand before the words of somebody else.
struct KnownWords {
  std::map<std::string, bool> options;  // "--env": whether a value follows
  bool passes_on = false;               // the first word that is no option ends what is ours to check
};

// An option of the program itself or of a command that passes words on, or a command, that nobody knows is
// kInvalidArgument and named. An unknown command is kNotFound. Everything else is left to the parser. Pure.
Result<> check_arguments(const std::vector<std::string>& words, const KnownWords& program,
                         const std::map<std::string, KnownWords>& commands);

}  // namespace kata::cli
