#include "cli/engines/install.h"

#include <algorithm>

#include "cli/engines/engine.h"
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

std::string title(const Engine& engine, const Program& program) {
  return program.version.empty() ? engine.name() : concat(engine.name(), " ", program.version);
}

// Whether there is more in the trace's directory than `own`, the traces' own files.
bool is_used_by_others(const std::string& directory, const std::vector<Trace>& own) {
  if (directory.empty()) return false;
  auto names = sys::list_directory(directory).value_or(std::vector<std::string>());
  return std::any_of(names.begin(), names.end(), [&](const auto& name) {
    auto is_this = [&](const Trace& trace) { return trace.path == concat(directory, "/", name); };
    return name.ends_with(".toml") && std::none_of(own.begin(), own.end(), is_this);
  });
}

Result<> check_all(const Engine& engine, const Plan& plan, const Program& program) {
  if (!program || !plan.check) return {};
  return plan.check(plan.edits).wrap(concat(title(engine, program), " does not take it, so nothing was written"));
}

std::string line(std::string_view what, const std::string& command) {
  return command.empty() ? std::string() : concat(what, command, "\n");
}

Result<> write_all_edits(const Plan& plan, const Wish& wish, bool dry_run) {
  for (const auto& edit : plan.edits) {
    if (!edit.changes()) continue;
    if (!dry_run) TRY(write_edit(edit, wish.name));
    auto backup = edit.before && edit.owner == Owner::kTheirs
                      ? concat(" (before: ", backup_of(edit.path, wish.name), ")")
                      : std::string();
    TRY(print(concat(dry_run ? "would write " : "wrote ", edit.path, backup, "\n", describe(edit))));
  }
  return {};
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
  auto plan = TRY(engine.plan(wish, program));
  bool changes = std::any_of(plan.edits.begin(), plan.edits.end(), [](const Edit& edit) { return edit.changes(); });
  if (changes) TRY(check_all(engine, plan, program));
  TRY(print(concat(title(engine, program), ": runtime ", wish.name, "\n")));
  for (const auto& note : plan.notes) TRY(print(concat(note, "\n")));
  TRY(write_all_edits(plan, wish, dry_run));
  if (!changes && !plan.edits.empty())
    TRY(print(concat(plan.edits.front().path, " says so already: nothing changed\n")));
  TRY(print(line("then: ", changes ? engine.restart() : std::string()) + line("try:  ", plan.example)));
  return 0;
}

Result<int> take_back(const Engine& engine, const Wish& wish, bool dry_run) {
  auto traces = TRY(engine.traces(wish));
  std::vector<Undone> plans;  // before the first is undone: all, or nothing
  for (const auto& trace : traces) plans.push_back(TRY(plan_undo(trace.path, trace.owner, wish.name)));
  bool nothing = true;
  for (size_t i = 0; i < traces.size(); ++i) {
    const auto& trace = traces[i];
    auto planned = plans[i];
    if (planned == Undone::kNothing && !dry_run) TRY(undo(trace.path, trace.owner, wish.name));
    if (planned == Undone::kNothing) continue;
    nothing = false;
    if (is_used_by_others(trace.directory, traces)) {
      TRY(print(concat(trace.path, " stays: other files in ", trace.directory, " are read because of it\n")));
      continue;
    }
    if (!dry_run) TRY(undo(trace.path, trace.owner, wish.name));
    TRY(print(
        concat(dry_run ? "would " : "", planned == Undone::kRestored ? "put back " : "remove ", trace.path, "\n")));
  }
  if (nothing) {
    TRY(print(concat(engine.name(), ": nothing of runtime ", wish.name, " is to be undone\n")));
    return 0;
  }
  TRY(print(line("then: ", engine.restart())));
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
