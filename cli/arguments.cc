#include "cli/arguments.h"

#include "lib/base/concat.h"

namespace kata::cli {

namespace {

Error unknown_option(const std::string& option, const std::string& command) {
  return Error::make(Code::kInvalidArgument,
                     concat("there is no option ", option, command.empty() ? "" : " of " + command))
      .hint(concat("run kata-runtime help", command.empty() ? "" : " " + command));
}

bool is_option(const std::string& word) { return word.size() > 1 && word[0] == '-' && word != "--"; }

// Whether the word after this one is the option's value.
Result<bool> takes_next(const std::string& word, const KnownWords& known, const std::string& command) {
  if (word.starts_with("--")) {
    auto equals = word.find('=');
    auto found = known.options.find(word.substr(0, equals));
    if (found == known.options.end()) return unknown_option(word.substr(0, equals), command);
    return found->second && equals == std::string::npos;
  }
  // "-it", "-u1000", "-u 1000".
  for (size_t i = 1; i < word.size(); ++i) {
    auto found = known.options.find({'-', word[i]});
    if (found == known.options.end()) return unknown_option(concat("-", word[i]), command);
    if (found->second) return i + 1 == word.size();
  }
  return false;
}

// The first word that is neither an option nor the value of one.
Result<size_t> skip_options(const std::vector<std::string>& words, size_t at, const KnownWords& known,
                            const std::string& command) {
  while (at < words.size() && is_option(words[at])) {
    at += TRY(takes_next(words[at], known, command)) ? 2 : 1;
  }
  return at;
}

}  // namespace

Result<> check_arguments(const std::vector<std::string>& words, const KnownWords& program,
                         const std::map<std::string, KnownWords>& commands) {
  auto at = TRY(skip_options(words, 0, program, ""));
  if (at >= words.size() || words[at] == "--") return {};
  auto command = commands.find(words[at]);
  if (command == commands.end()) {
    return Error::make(Code::kNotFound, concat("there is no command \"", words[at], "\""))
        .hint("run kata-runtime help");
  }
  if (command->second.passes_on) TRY(skip_options(words, at + 1, command->second, command->first));
  return {};
}

}  // namespace kata::cli
