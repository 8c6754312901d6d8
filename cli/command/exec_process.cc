#include <algorithm>
#include <charconv>

#include "cli/command/exec.h"
#include "lib/base/concat.h"
#include "lib/proto/oci.pb.h"

namespace kata::cli {

namespace {

bool parse_number(std::string_view text, uint32_t& out) {
  auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), out);
  return err == std::errc() && end == text.data() + text.size();
}

// A later NAME=value takes the place of an earlier one.
void set_variable(grpc::Process& process, const std::string& entry) {
  auto name = entry.substr(0, entry.find('=') + 1);
  for (auto& present : *process.mutable_env()) {
    if (present.starts_with(name)) {
      present = entry;
      return;
    }
  }
  process.add_env(entry);
}

void add_capability(google::protobuf::RepeatedPtrField<std::string>& set, const std::string& name) {
  if (std::find(set.begin(), set.end(), name) == set.end()) set.Add(std::string(name));
}

void add_capabilities(grpc::Process& process, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    auto* sets = process.mutable_capabilities();
    add_capability(*sets->mutable_bounding(), name);
    add_capability(*sets->mutable_effective(), name);
    add_capability(*sets->mutable_permitted(), name);
    // Where the container can hand it on, a user who is not root gets it, too.
    const auto& inheritable = sets->inheritable();
    bool handed_on = std::find(inheritable.begin(), inheritable.end(), name) != inheritable.end();
    if (handed_on) add_capability(*sets->mutable_ambient(), name);
  }
}

Result<> set_user(grpc::Process& process, const ExecOptions& options) {
  auto* user = process.mutable_user();
  if (!options.user.empty()) {
    auto ids = TRY(parse_user(options.user));
    user->set_uid(ids.uid);
    if (ids.has_gid) user->set_gid(ids.gid);
  }
  for (auto gid : options.additional_gids) user->add_additionalgids(gid);
  return {};
}

}  // namespace

Result<UserIds> parse_user(const std::string& text) {
  UserIds out;
  auto colon = text.find(':');
  out.has_gid = colon != std::string::npos;
  bool good = parse_number(std::string_view(text).substr(0, colon), out.uid);
  if (out.has_gid) good = good && parse_number(std::string_view(text).substr(colon + 1), out.gid);
  if (good) return out;
  return Error::make(Code::kInvalidArgument, concat("invalid user \"", text, "\": expected uid or uid:gid in numbers"));
}

Result<grpc::Process> merge_process(grpc::Process process, const ExecOptions& options) {
  if (options.command.empty()) {
    return Error::make(Code::kInvalidArgument, "exec needs a command, or --process FILE");
  }
  process.mutable_args()->Assign(options.command.begin(), options.command.end());
  process.clear_consolesize();
  process.mutable_user()->clear_umask();  // the container's own; another process gets the usual one
  process.set_terminal(options.tty);
  if (!options.cwd.empty()) process.set_cwd(options.cwd);
  if (process.cwd().empty()) process.set_cwd("/");
  for (const auto& entry : options.env) {
    if (entry.find('=') == std::string::npos || entry.front() == '=') {
      return Error::make(Code::kInvalidArgument,
                         concat("invalid environment variable \"", entry, "\": expected NAME=value"));
    }
    set_variable(process, entry);
  }
  TRY(set_user(process, options));
  add_capabilities(process, options.capabilities);
  if (!options.process_label.empty()) process.set_selinuxlabel(options.process_label);
  if (!options.apparmor.empty()) process.set_apparmorprofile(options.apparmor);
  if (options.no_new_privileges) process.set_nonewprivileges(true);
  return process;
}

}  // namespace kata::cli
