#include "cli/engines/steps.h"

#include <algorithm>

#include "cli/output/output.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::cli::engines {

namespace {

std::string title(const Engine& engine, const Program& program) {
  return program.version.empty() ? engine.name() : concat(engine.name(), " ", program.version);
}

const std::string& name_of(const Trace& trace, const Wish& wish) { return trace.name.empty() ? wish.name : trace.name; }

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

Result<> write_one(const Edit& edit, const std::string& name, bool dry_run) {
  if (!dry_run) TRY(write_edit(edit, name));
  auto backup = edit.before && edit.owner == Owner::kTheirs ? concat(" (before: ", backup_of(edit.path, name), ")")
                                                            : std::string();
  return print(concat(dry_run ? "would write " : "wrote ", edit.path, backup, "\n", describe(edit)));
}

Result<> put_back_one(const Edit& edit, const std::string& name) {
  if (edit.owner == Owner::kTheirs) {
    TRY(undo(edit.path, edit.owner, name));
    return {};
  }
  return edit.before ? sys::write_file_atomic(edit.path, *edit.before) : sys::remove_file(edit.path);
}

}  // namespace

Result<Written> write_runtime(const Engine& engine, const Wish& wish, const Program& program, bool dry_run) {
  auto plan = TRY(engine.plan(wish, program));
  Written out;
  out.example = plan.example;
  for (const auto& edit : plan.edits) {
    if (edit.changes()) out.edits.push_back(edit);
  }
  if (!out.edits.empty()) TRY(check_all(engine, plan, program));
  TRY(print(concat(title(engine, program), ": runtime ", wish.name, "\n")));
  for (const auto& note : plan.notes) TRY(print(concat(note, "\n")));
  for (auto edit = out.edits.begin(); edit != out.edits.end(); ++edit) {
    auto written = write_one(*edit, wish.name, dry_run);
    if (written) continue;
    if (!dry_run) ignore(put_back({out.edits.begin(), edit + 1}, wish.name));  // the first error is the one to tell
    return written.error();
  }
  if (out.edits.empty() && !plan.edits.empty()) {
    TRY(print(concat(plan.edits.front().path, " says so already: nothing changed\n")));
  }
  return out;
}

Result<> put_back(const std::vector<Edit>& edits, const std::string& name) {
  Result<> out;
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    auto done = put_back_one(*edit, name);
    if (out && !done) out = done;
  }
  return out;
}

Result<bool> take_back_runtime(const Engine& engine, const Wish& wish, bool dry_run) {
  auto traces = TRY(engine.traces(wish));
  std::vector<Undone> plans;  // before the first is undone: all, or nothing
  for (const auto& trace : traces) plans.push_back(TRY(plan_undo(trace.path, trace.owner, name_of(trace, wish))));
  bool something = false;
  for (size_t i = 0; i < traces.size(); ++i) {
    const auto& trace = traces[i];
    auto planned = plans[i];
    if (planned == Undone::kNothing && !dry_run) TRY(undo(trace.path, trace.owner, name_of(trace, wish)));
    if (planned == Undone::kNothing) continue;
    something = true;
    if (is_used_by_others(trace.directory, traces)) {
      TRY(print(concat(trace.path, " stays: other files in ", trace.directory, " are read because of it\n")));
      continue;
    }
    if (!dry_run) TRY(undo(trace.path, trace.owner, name_of(trace, wish)));
    TRY(print(
        concat(dry_run ? "would " : "", planned == Undone::kRestored ? "put back " : "remove ", trace.path, "\n")));
  }
  if (!something) TRY(print(concat(engine.name(), ": nothing of runtime ", wish.name, " is to be undone\n")));
  return something;
}

}  // namespace kata::cli::engines
