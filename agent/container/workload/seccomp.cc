#include "agent/container/workload/seccomp.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <string_view>

#include "agent/container/workload/seccomp_architecture.h"
#include "agent/container/workload/seccomp_newer.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"

namespace kata::agent {

namespace {

Error unknown(std::string_view what, std::string_view word) {
  return Error::make(Code::kInvalidArgument, concat("the seccomp ", what, " \"", word, "\" is unknown"));
}

Error failed(int result, std::string_view operation, std::string_view object = {}) {
  return Error::sys(-result, concat("seccomp: ", operation), object);
}

// `error` is errnoRet, or the number for a tracer.
Result<uint32_t> parse_action(const std::string& name, uint32_t error) {
  if (name == "SCMP_ACT_KILL" || name == "SCMP_ACT_KILL_THREAD") return SCMP_ACT_KILL_THREAD;
  if (name == "SCMP_ACT_KILL_PROCESS") return SCMP_ACT_KILL_PROCESS;
  if (name == "SCMP_ACT_TRAP") return SCMP_ACT_TRAP;
  if (name == "SCMP_ACT_ERRNO") return SCMP_ACT_ERRNO(error & 0xffffU);
  if (name == "SCMP_ACT_TRACE") return SCMP_ACT_TRACE(error & 0xffffU);
  if (name == "SCMP_ACT_ALLOW") return SCMP_ACT_ALLOW;
  if (name == "SCMP_ACT_LOG") return SCMP_ACT_LOG;
  if (name == "SCMP_ACT_NOTIFY") {
    return Error::make(Code::kUnimplemented, "seccomp action SCMP_ACT_NOTIFY: listeners are not supported");
  }
  return unknown("action", name);
}

struct Operator {
  std::string_view name;
  scmp_compare value;
};
constexpr std::array kOperators{
    Operator{"SCMP_CMP_NE", SCMP_CMP_NE},
    Operator{"SCMP_CMP_LT", SCMP_CMP_LT},
    Operator{"SCMP_CMP_LE", SCMP_CMP_LE},
    Operator{"SCMP_CMP_EQ", SCMP_CMP_EQ},
    Operator{"SCMP_CMP_GE", SCMP_CMP_GE},
    Operator{"SCMP_CMP_GT", SCMP_CMP_GT},
    Operator{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

Result<scmp_arg_cmp> parse_argument(const grpc::LinuxSeccompArg& argument) {
  constexpr uint64_t kArguments = 6;
  if (argument.index() >= kArguments) return unknown("argument", std::to_string(argument.index()));
  for (const auto& known : kOperators) {
    if (known.name != argument.op()) continue;
    auto index = static_cast<unsigned>(argument.index());
    return scmp_arg_cmp{index, known.value, argument.value(), argument.valuetwo()};
  }
  return unknown("operator", argument.op());
}

// libseccomp takes one condition per argument in a rule. Several on one argument are alternatives:
// that is how engines write their profiles, and how the specification's other implementations read them.
using Conditions = std::vector<scmp_arg_cmp>;
Result<std::vector<Conditions>> parse_alternatives(const grpc::LinuxSyscall& rule) {
  Conditions all;
  std::set<unsigned> arguments;
  for (const auto& argument : rule.args()) {
    all.push_back(TRY(parse_argument(argument)));
    arguments.insert(all.back().arg);
  }
  if (arguments.size() == all.size()) return std::vector<Conditions>{all};
  std::vector<Conditions> out;
  for (const auto& condition : all) out.push_back({condition});
  return out;
}

Result<> add_rule(void* context, const std::string& name, uint32_t action,
                  const std::vector<Conditions>& alternatives) {
  int number = ::seccomp_syscall_resolve_name(name.c_str());
  if (number == __NR_SCMP_ERROR) return {};  // of another kernel or architecture: cannot be called here
  for (const auto& conditions : alternatives) {
    int result =
        ::seccomp_rule_add_array(context, action, number, static_cast<unsigned>(conditions.size()), conditions.data());
    if (result < 0 && result != -EEXIST) return failed(result, "add rule", name);
  }
  return {};
}

}  // namespace

namespace {

Result<> add_architectures(void* context, const grpc::LinuxSeccomp& config, std::vector<std::string>& warnings) {
  for (const auto& name : config.architectures()) {
    auto token = seccomp_architecture(name);
    if (!token) {
      warnings.push_back(concat("seccomp architecture \"", name, "\" is unknown and left out"));
      continue;
    }
    int result = ::seccomp_arch_add(context, *token);
    if (result < 0 && result != -EEXIST) return failed(result, "add architecture", name);
  }
  return {};
}

Result<> add_rules(void* context, const grpc::LinuxSeccomp& config, uint32_t default_action) {
  for (const auto& rule : config.syscalls()) {
    auto error = rule.errnoret() != 0 ? rule.errnoret() : static_cast<uint32_t>(EPERM);
    auto action = TRY(parse_action(rule.action(), error));
    if (action == default_action) continue;  // libseccomp refuses what changes nothing
    auto alternatives = TRY(parse_alternatives(rule));
    for (const auto& name : rule.names()) TRY(add_rule(context, name, action, alternatives));
  }
  return {};
}

unsigned parse_flags(const grpc::LinuxSeccomp& config, std::vector<std::string>& warnings) {
  unsigned flags = 0;
  for (const auto& flag : config.flags()) {
    if (flag == "SECCOMP_FILTER_FLAG_LOG") {
      flags |= SECCOMP_FILTER_FLAG_LOG;
    } else if (flag == "SECCOMP_FILTER_FLAG_SPEC_ALLOW") {
      flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    } else if (flag != "SECCOMP_FILTER_FLAG_TSYNC") {  // there is one thread
      warnings.push_back(concat("seccomp flag \"", flag, "\" is not supported and left out"));
    }
  }
  return flags;
}

// Appends what libseccomp made of the rules.
Result<> append_rules(void* context, std::vector<sock_filter>& program) {
  auto file = TRY(sys::memory_file("seccomp"));
  int result = ::seccomp_export_bpf(context, file.get());
  if (result < 0) return failed(result, "export the filter");
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return Error::sys(errno, "seek", "seccomp");
  auto bytes = TRY(sys::read_to_end(file.get(), BPF_MAXINSNS * sizeof(sock_filter)));
  auto start = program.size();
  program.resize(start + bytes.size() / sizeof(sock_filter));
  std::memcpy(program.data() + start, bytes.data(), (program.size() - start) * sizeof(sock_filter));
  return {};
}

}  // namespace

Result<std::unique_ptr<SeccompFilter>> SeccompFilter::create(const grpc::LinuxSeccomp& config,
                                                             std::vector<std::string>& warnings) {
  auto error = config.has_default_errno_ret() ? config.default_errno_ret() : EPERM;
  auto action = TRY(parse_action(config.defaultaction(), static_cast<uint32_t>(error)));
  std::unique_ptr<void, decltype(&::seccomp_release)> context(::seccomp_init(action), ::seccomp_release);
  if (context == nullptr) return Error::make(Code::kInternal, "seccomp: cannot make a filter");
  TRY(add_architectures(context.get(), config, warnings));
  TRY(add_rules(context.get(), config, action));
  std::unique_ptr<SeccompFilter> filter(new SeccompFilter);
  filter->flags_ = parse_flags(config, warnings);
  filter->program_ = answer_newer_calls(config);
  TRY(append_rules(context.get(), filter->program_));
  return filter;
}

Result<> SeccompFilter::load() {
  sock_fprog program{static_cast<unsigned short>(program_.size()), program_.data()};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags_, &program) < 0) {
    return Error::sys(errno, "seccomp: load the filter");
  }
  return {};
}

}  // namespace kata::agent
