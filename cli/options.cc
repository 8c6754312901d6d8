// CLI11 takes 12 s to compile: only options*.cc include it, which are compiled as one (subcommand.h).
#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "cli/arguments.h"
#include "cli/command/control.h"
#include "cli/command/create.h"
#include "cli/command/events.h"
#include "cli/command/exec.h"
#include "cli/command/state.h"
#include "cli/command/update.h"
#include "cli/dashes.h"
#include "cli/do/do.h"
#include "cli/host/about.h"
#include "cli/host/debug_console.h"
#include "cli/process/lifecycle.h"
#include "cli/subcommand.h"
#include "lib/base/concat.h"
#include "runtime/config/config.h"

namespace kata::cli {

namespace {

constexpr char kConfigVariable[] = "KATA_CONF_FILE";

// runc's, so that it can be told from what the command itself returns.
constexpr int kExecFailed = 255;

void add_id(CLI::App* sub, std::string& id) { sub->add_option("id", id, "the container's id")->required(); }

// Flags that mean nothing to a virtual machine, but that engines pass.
void add_ignored(CLI::App* sub, std::initializer_list<const char*> names) {
  for (const char* name : names)
    sub->add_flag_callback(
        name, [] {}, "accepted and ignored");
}

// CLI11 takes an empty word for 0.
std::string check_number(const std::string& word) { return word.empty() ? "a number is expected" : ""; }

void add_create_options(CLI::App* sub, RunOptions& options) {
  auto& request = options.request;
  request.bundle = ".";
  add_id(sub, request.id);
  sub->add_option("-b,--bundle", request.bundle, "directory with config.json (default: the working directory)");
  sub->add_option("--console-socket", request.console_socket, "Unix socket that gets the master of a new terminal");
  sub->add_option("--console", request.console, "path of a terminal to use");
  sub->add_option("--pid-file", request.pid_file, "file for the process id of the container's stand-in");
  sub->add_option("--pidfd-socket", request.pidfd_socket, "Unix socket that gets a descriptor of the stand-in");
  sub->add_option("--preserve-fds", options.preserve_fds, "not possible with a virtual machine");
  sub->add_flag("--no-new-keyring", request.no_new_keyring, "no session keyring of its own");
  add_ignored(sub, {"--no-pivot", "--no-subreaper"});
}

void add_life(CLI::App& app, Context& context) {
  auto& globals = context.globals;
  auto [create, create_options] = command<RunOptions>(app, context, "create", "create a container",
                                                      [&](const RunOptions& o) { return run_create(globals, o); });
  add_create_options(create, *create_options);
  auto [run, run_options] = command<RunOptions>(app, context, "run", "create a container and run it",
                                                [&](const RunOptions& o) { return run_run(globals, o); });
  add_create_options(run, *run_options);
  run->add_flag("-d,--detach", run_options->request.detached, "do not wait for its end");
  run->add_flag("--keep", run_options->keep, "do not delete the container at its end");
  auto [start, start_id] = command<std::string>(app, context, "start", "start a created container",
                                                [&](const std::string& id) { return run_start(globals, id); });
  add_id(start, *start_id);
  struct Delete {
    std::string id;
    bool force = false;
  };
  auto [remove, remove_options] = command<Delete>(app, context, "delete", "delete a container and all that it holds",
                                                  [&](const Delete& o) { return run_delete(globals, o.id, o.force); });
  add_id(remove, remove_options->id);
  remove->add_flag("-f,--force", remove_options->force, "kill it first; an unknown id is fine");
}

void add_looks(CLI::App& app, Context& context) {
  auto& globals = context.globals;
  auto [state, id] = command<std::string>(app, context, "state", "print a container's state as JSON",
                                          [&](const std::string& o) { return run_state(globals, o); });
  add_id(state, *id);
  auto [list, list_options] = command<ListOptions>(app, context, "list", "list the containers",
                                                   [&](const ListOptions& o) { return run_list(globals, o); });
  list->add_option("-f,--format", list_options->format, "table or json");
  list->add_flag("-q,--quiet", list_options->quiet, "ids only");
  add_ignored(list, {"--kata-all"});
  auto [ps, ps_options] = command<PsOptions>(app, context, "ps", "list the processes that stand for a container's",
                                             [&](const PsOptions& o) { return run_ps(globals, o); });
  add_id(ps, ps_options->id);
  ps->add_option("-f,--format", ps_options->format, "table or json");
  ps->prefix_command();  // what follows the id is for ps(1)
  auto [events, events_options] =
      command<EventsOptions>(app, context, "events", "print statistics and out-of-memory events",
                             [&](const EventsOptions& o) { return run_events(globals, o); });
  add_id(events, events_options->id);
  events->add_flag("--stats", events_options->stats, "once");
  events->add_option("--interval", events_options->interval, "time between two statistics (default: 5s)");
}

void add_control(CLI::App& app, Context& context) {
  auto& globals = context.globals;
  auto [kill, options] = command<KillOptions>(app, context, "kill", "send a signal to a container's first process",
                                              [&](const KillOptions& o) { return run_kill(globals, o); });
  add_id(kill, options->id);
  kill->add_option("signal", options->signal, "name, with or without SIG, or number (default: SIGTERM)");
  kill->add_flag("-a,--all", options->all, "to all of its processes");
  auto [pause, pause_id] = command<std::string>(app, context, "pause", "freeze a container",
                                                [&](const std::string& id) { return run_pause(globals, id); });
  add_id(pause, *pause_id);
  auto [resume, resume_id] = command<std::string>(app, context, "resume", "thaw a paused container",
                                                  [&](const std::string& id) { return run_resume(globals, id); });
  add_id(resume, *resume_id);
}

void add_exec(CLI::App& app, Context& context) {
  auto& globals = context.globals;
  auto [sub, o] = command<ExecOptions>(
      app, context, "exec", "run another process in a container; without a command: the guest's debug console",
      [&](const ExecOptions& options) {
        bool console = options.command.empty() && options.process_file.empty();
        return console ? run_debug_console(globals, options.id) : run_exec(globals, options);
      });
  add_id(sub, o->id);
  sub->prefix_command();  // what follows the id is the command's own
  sub->add_option("--console-socket", o->console_socket, "Unix socket that gets the master of a new terminal");
  sub->add_option("--console", o->console, "path of a terminal to use");
  sub->add_option("--cwd", o->cwd, "working directory");
  sub->add_option("-e,--env", o->env, "NAME=value")->allow_extra_args(false)->take_all();
  sub->add_flag_callback(
      "-t,--tty", [o = o] { o->tty = o->tty_given = true; }, "with a terminal");
  sub->add_option("-u,--user", o->user, "uid[:gid]");
  sub->add_option("-g,--additional-gids", o->additional_gids, "supplementary group")
      ->allow_extra_args(false)
      ->take_all()
      ->check(check_number);
  sub->add_option("-p,--process", o->process_file, "file with the whole process as JSON");
  sub->add_flag("-d,--detach", o->detach, "do not wait for its end");
  sub->add_option("--pid-file", o->pid_file, "file for the process id of the stand-in");
  sub->add_option("--pidfd-socket", o->pidfd_socket, "Unix socket that gets a descriptor of the stand-in");
  sub->add_option("--process-label", o->process_label, "SELinux label");
  sub->add_option("--apparmor", o->apparmor, "AppArmor profile");
  sub->add_flag("--no-new-privs", o->no_new_privileges, "execve() gives no privileges");
  sub->add_option("-c,--cap", o->capabilities, "capability to add")->allow_extra_args(false)->take_all();
  sub->add_option("--preserve-fds", o->preserve_fds, "not possible with a virtual machine");
  sub->add_flag("--ignore-paused", o->ignore_paused, "also in a paused container; it waits for the resume");
  add_ignored(sub, {"--no-subreaper"});
}

void add_update(CLI::App& app, Context& context) {
  auto& globals = context.globals;
  auto [sub, o] = command<UpdateOptions>(app, context, "update", "change a container's limits",
                                         [&](const UpdateOptions& options) { return run_update(globals, options); });
  add_id(sub, o->id);
  sub->add_option("-r,--resources", o->resources_file, "file with LinuxResources as JSON; - is stdin");
  sub->add_option("--blkio-weight", o->blkio_weight, "10 to 1000");
  sub->add_option("--cpu-period", o->cpu_period, "microseconds");
  sub->add_option("--cpu-quota", o->cpu_quota, "microseconds of a period");
  sub->add_option("--cpu-share,--cpu-shares", o->cpu_shares, "relative weight");
  sub->add_option("--cpu-rt-period", o->cpu_rt_period, "microseconds");
  sub->add_option("--cpu-rt-runtime", o->cpu_rt_runtime, "microseconds of a period");
  sub->add_option("--cpuset-cpus", o->cpuset_cpus, "like 0-1,3");
  sub->add_option("--cpuset-mems", o->cpuset_mems, "like 0");
  sub->add_option("--kernel-memory", o->kernel_memory, "bytes");
  sub->add_option("--kernel-memory-tcp", o->kernel_memory_tcp, "bytes");
  sub->add_option("--memory", o->memory, "bytes, or with a suffix: 512M");
  sub->add_option("--memory-reservation", o->memory_reservation, "bytes");
  sub->add_option("--memory-swap", o->memory_swap, "bytes of memory and swap together; -1: no limit");
  sub->add_option("--pids-limit", o->pids_limit, "processes; -1: no limit")->check(check_number);
  sub->add_option("--l3-cache-schema", o->l3_cache_schema, "not possible with a virtual machine");
}

void add_do(CLI::App& app, Context& context) {
  auto& globals = context.globals;
  auto [sub, o] = command<DoOptions>(app, context, "do", "run a command in a virtual machine of its own",
                                     [&](const DoOptions& options) { return run_do(globals, options); });
  sub->prefix_command();  // what follows the first word is the command's own
  sub->add_option("--rootfs", o->rootfs, "directory with a root file system (default: a busybox)");
  sub->add_option("--memory", o->memory, "of the machine: MiB, or with a suffix: 2G");
  sub->add_option("--cpus", o->cpus, "of the machine")->check(CLI::Range(1, 65535));
  sub->add_option("-e,--env", o->env, "NAME=value, or NAME to pass it on")->allow_extra_args(false)->take_all();
  sub->add_option("-v,--volume", o->volumes, "HOST:GUEST[:ro]")->allow_extra_args(false)->take_all();
  sub->add_option("-w,--workdir", o->workdir, "working directory");
  sub->add_option("-u,--user", o->user, "user[:group], names or numbers");
  sub->add_flag("-i,--interactive", o->interactive, "pass stdin on");
  sub->add_flag("-t,--tty", o->tty, "with a terminal");
  sub->add_flag("--net", o->net, "with a network that reaches what this host reaches (slirp4netns)");
  sub->add_flag("--timing", o->timing, "print where the time went");
}

void add_about(CLI::App& app, Context& context) {
  auto [spec, bundle] = command<std::string>(app, context, "spec", "write a template of config.json",
                                             [](const std::string& o) { return run_spec(o); });
  spec->add_option("-b,--bundle", *bundle, "directory (default: the working directory)");
  struct None {};
  command<None>(app, context, "features", "print what is supported as JSON", [](None) { return run_features(); });
  command<None>(app, context, "version", "print the version", [](None) { return run_version(); });
}

void add_help(CLI::App& app, Context& context) {
  auto [help, topic] = command<std::string>(app, context, "help", "print help", [&app](const std::string& name) {
    try {
      // CLI::App::help() of a whole command line is that of the command that was given: of this one.
      std::cout << (name.empty() ? app.get_formatter()->make_help(&app, app.get_name(), CLI::AppFormatMode::Normal)
                                 : app.get_subcommand(name)->help(app.get_name()))
                << std::flush;
    } catch (const CLI::OptionNotFound&) {
      return Result<int>(Error::make(Code::kInvalidArgument, concat("there is no command \"", name, "\"")));
    }
    return Result<int>(0);
  });
  help->add_option("command", *topic);
}

void add_globals(CLI::App& app, Globals& globals) {
  app.add_option("--config,--kata-config", globals.config, "configuration file");
  app.add_option("--log", globals.log, "log file");
  app.add_option("--log-format", globals.log_format, "text or json")->check(CLI::IsMember({"text", "json", ""}));
  app.add_option("--root", globals.root, concat("directory of the containers' state (default: ", default_root(), ")"));
  app.add_option_function<std::string>(
         "--rootless", [](const std::string&) {}, "true, false or auto: accepted and ignored")
      ->check(CLI::IsMember({"true", "false", "auto"}));
  app.add_flag("--systemd-cgroup", globals.systemd_cgroup, "systemd's driver for a container that names no cgroup");
  app.add_flag("--debug", globals.debug, "log everything");
  app.add_flag_callback(
      "--show-default-config-paths,--kata-show-default-config-paths",
      [] {
        for (const auto& path : config::default_paths()) std::cout << path << "\n";
        throw CLI::Success();
      },
      "print where the configuration is looked for");
  app.add_flag_callback(
      "--show-default-configuration",
      [] {
        std::cout << config::default_configuration();
        throw CLI::Success();
      },
      "print a configuration file with every key, commented out, at its default");
  app.set_version_flag("-v,--version", [] {
    auto text = version_text();
    text.pop_back();
    return text;
  });
}

KnownWords words_of(CLI::App& app) {
  KnownWords out;
  for (const auto* option : app.get_options()) {
    bool takes_value = option->get_items_expected_max() > 0;
    for (const auto& name : option->get_lnames()) out.options["--" + name] = takes_value;
    for (const auto& name : option->get_snames()) out.options["-" + name] = takes_value;
  }
  out.passes_on = app.get_prefix_command();
  return out;
}

Result<> look_over(CLI::App& app, int count, char** values) {
  std::map<std::string, KnownWords> commands;
  for (auto* sub : app.get_subcommands([](CLI::App*) { return true; })) {
    commands[sub->get_name()] = words_of(*sub);
    for (const auto& alias : sub->get_aliases()) commands[alias] = words_of(*sub);
  }
  return check_arguments({values + 1, values + count}, words_of(app), commands);
}

// runc's status for a command that there is not is 3.
int complain(const Error& error) {
  constexpr int kNoSuchCommand = 3;
  std::cerr << "kata-runtime: " << error.text() << "\n";
  return error.is(Code::kNotFound) ? kNoSuchCommand : 1;
}

int complain(const CLI::App& app, const CLI::ParseError& problem) {
  if (problem.get_exit_code() == 0) return app.exit(problem);  // help, version
  std::string what = problem.what();
  // Something is missing, and it may be what is there and is not known.
  auto unknown = app.remaining(true);
  if (dynamic_cast<const CLI::RequiredError*>(&problem) != nullptr && !unknown.empty()) {
    what =
        concat("there is no ", unknown.front().starts_with('-') ? "option" : "command", " \"", unknown.front(), "\"");
  }
  std::cerr << "kata-runtime: " << what << "\nkata-runtime help [COMMAND] tells more\n";
  return 1;
}

World world_of(const CLI::App& app) {
  auto any = [&](std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [&](const auto* name) { return app.got_subcommand(name); });
  };
  if (any({"factory", "install", "spec", "features", "version", "help"})) return World::kHosts;
  if (any({"check", "env", "doctor"})) return World::kUsersIfThere;
  return any({"create", "run", "do"}) ? World::kUsersToCreate : World::kUsers;
}

// The shim works in another directory than its caller.
void make_paths_absolute(Globals& globals) {
  for (auto* path : {&globals.root, &globals.config, &globals.log}) *path = absolute(*path);
  const char* config = std::getenv(kConfigVariable);
  if (config != nullptr && *config != '\0') ::setenv(kConfigVariable, absolute(config).c_str(), 1);
}

}  // namespace

CommandLine read_command_line(int count, char** values) {
  auto app = std::make_shared<CLI::App>("OCI containers in virtual machines", "kata-runtime");
  auto context = std::make_shared<Context>();
  app->require_subcommand(1);
  // Of an option that is given twice the last one counts, but for those that collect.
  app->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  add_globals(*app, context->globals);
  add_life(*app, *context);
  add_looks(*app, *context);
  add_control(*app, *context);
  add_exec(*app, *context);
  add_update(*app, *context);
  add_do(*app, *context);
  add_about(*app, *context);
  add_host(*app, *context);
  add_factory(*app, *context);
  add_install(*app, *context);
  add_help(*app, *context);
  CommandLine out;
  if (auto known = look_over(*app, count, values); !known) {
    out.exit_status = complain(known.error());
    return out;
  }
  try {
    auto arguments = hide_dashes(count, values);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app->parse(std::move(arguments));
  } catch (const CLI::ParseError& problem) {
    out.exit_status = complain(*app, problem);
    return out;
  }
  make_paths_absolute(context->globals);
  if (context->globals.log_format.empty()) context->globals.log_format = "text";
  out.globals = context->globals;
  out.world = world_of(*app);
  out.container = context->container;
  if (app->got_subcommand("exec")) out.failure_status = kExecFailed;
  out.no_place = [context](const Error& why) { context->globals.no_place = why.text(); };
  // The options that the command refers to live in these two.
  out.run = [app, context] { return context->chosen(); };
  return out;
}

}  // namespace kata::cli
