#include "cli/engines/install.h"

#include "cli/engines/engine.h"
#include "cli/engines/steps.h"
#include "cli/output/output.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/root_path.h"
#include "runtime/task/launch.h"

namespace kata::cli::engines {

namespace {

constexpr size_t kLongestName = 63;  // a label of DNS, which a RuntimeClass's handler is
constexpr std::string_view kNameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

Result<const Engine*> find_by_name(const std::string& name) {
  std::string known;
  for (const auto* engine : all_engines()) {
    if (engine->name() == name) return engine;
    known += concat(known.empty() ? "" : ", ", engine->name());
  }
  return Error::make(Code::kInvalidArgument, concat("install: there is no engine \"", name, "\""))
      .hint(concat("use one of ", known));
}

Result<> check_name(const std::string& name) {
  bool letters = !name.empty() && name.size() <= kLongestName && name[0] != '.' && name[0] != '-' &&
                 name.find_first_not_of(kNameLetters) == std::string::npos;
  if (letters && name != "runc") return {};
  return Error::make(Code::kInvalidArgument, concat("install: \"", name, "\" is no name for a runtime"))
      .hint("use letters, digits, dots, dashes and underscores, at most 63, and not runc");
}

// As the engine sees it, which is inside of the root when we are.
std::string seen_from(const std::string& root, const std::string& path) {
  return !root.empty() && path.starts_with(root + "/") ? path.substr(root.size()) : path;
}

Result<Wish> wish_of(const InstallOptions& options) {
  TRY(check_name(options.name));
  Wish out{.name = options.name, .root = options.root};
  if (!out.root.empty()) out.root = TRY_WRAP(sys::real_path(out.root), "install: --root");
  if (out.root == "/") out.root.clear();
  out.runtime = seen_from(out.root, TRY(sys::real_path("/proc/self/exe")));
  if (auto shim = task::shim_path(); shim.starts_with('/')) out.shim = seen_from(out.root, shim);
  return out;
}

std::string line(std::string_view what, const std::string& command) {
  return command.empty() ? std::string() : concat(what, command, "\n");
}

Result<int> install(const Engine& engine, const Wish& wish, bool dry_run) {
  if (wish.shim.empty()) {
    return Error::make(Code::kNotFound, concat("there is no containerd-shim-kata-v2 beside ", wish.runtime))
        .hint("install the package kata-runtime again, or run ./dev install /usr/local");
  }
  auto program = find_engine(engine.program());
  if (!program && wish.root.empty()) {
    return Error::make(Code::kFailedPrecondition,
                       concat("install ", engine.name(), ": there is no ", engine.program(), " on this machine"))
        .hint("install it first, or use --root DIR for the files of another machine");
  }
  auto done = TRY(write_runtime(engine, wish, program, dry_run));
  bool changes = !done.edits.empty();
  TRY(print(line("then: ", changes ? engine.restart() : std::string()) + line("try:  ", done.example)));
  return 0;
}

Result<int> take_back(const Engine& engine, const Wish& wish, bool dry_run) {
  if (TRY(take_back_runtime(engine, wish, dry_run))) TRY(print(line("then: ", engine.restart())));
  return 0;
}

}  // namespace

Result<int> run_install(const InstallOptions& options) {
  const auto* engine = TRY(find_by_name(options.engine));
  auto wish = TRY(wish_of(options));
  return options.undo ? take_back(*engine, wish, options.dry_run) : install(*engine, wish, options.dry_run);
}

std::vector<Finding> look_at_engines() {
  std::vector<Finding> out;
  auto wish = wish_of({});
  for (const auto* engine : all_engines()) {
    auto program = find_engine(engine->program());
    if (!program) continue;
    Finding found{.engine = engine->name()};
    auto look = engine->look(wish ? *wish : Wish{}, program);
    found.known = look.ok();
    found.registered = look.ok() && look->registered;
    auto detail = look ? look->detail : look.error().message();
    if (detail.empty()) detail = "does not know this runtime";
    found.detail = concat(program.version, program.version.empty() ? "" : ", ", detail);
    if (found.known && !found.registered) found.fix = concat("run kata-runtime install ", engine->name());
    out.push_back(std::move(found));
  }
  return out;
}

}  // namespace kata::cli::engines
