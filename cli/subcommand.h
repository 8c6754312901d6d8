// How a command of the command line is described to the parser. For options*.cc alone: it brings CLI11.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "cli/container/globals.h"
#include "cli/dashes.h"
#include "lib/base/result.h"

namespace kata::cli {

using Run = std::function<Result<int>()>;

// What the parser fills: it lives as long as the command that was chosen runs.
struct Context {
  Globals globals;
  Run chosen;
  std::string container;  // that the command is about; empty: another thing, or none yet
};

// A command whose options live in a T; `run` is called with them once the line is read.
template <typename T, typename F>
std::pair<CLI::App*, T*> command(CLI::App& app, Context& context, const char* name, const char* help, F run) {
  auto* sub = app.add_subcommand(name, help);
  auto options = std::make_shared<T>();
  sub->callback([sub, &context, options, run] {
    (void)sub;  // not every T has a command
    if constexpr (requires { options->command; }) options->command = take_command(sub->remaining());
    if constexpr (requires {
                    options->command;
                    options->id;
                  })
      id_behind_dashes(options->id, options->command);
    if constexpr (std::is_same_v<T, std::string>) context.container = *options;
    if constexpr (requires { std::string(options->id); }) context.container = options->id;
    context.chosen = [options, run] { return run(*options); };
  });
  return {sub, options.get()};
}

// The commands about this host (options_host.cc).
void add_host(CLI::App& app, Context& context);
void add_factory(CLI::App& app, Context& context);
void add_install(CLI::App& app, Context& context);

}  // namespace kata::cli
