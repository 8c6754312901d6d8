#include "agent/container/workload/seccomp.h"

#include <seccomp.h>

#include <array>
#include <cerrno>
#include <set>
#include <string_view>

#include "lib/base/concat.h"

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

struct Architecture {
  std::string_view name;
  uint32_t token;
};
constexpr std::array kArchitectures{
    Architecture{"SCMP_ARCH_NATIVE", SCMP_ARCH_NATIVE},
    Architecture{"SCMP_ARCH_X86", SCMP_ARCH_X86},
    Architecture{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
    Architecture{"SCMP_ARCH_X32", SCMP_ARCH_X32},
    Architecture{"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
    Architecture{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64},
    Architecture{"SCMP_ARCH_MIPS", SCMP_ARCH_MIPS},
    Architecture{"SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64},
    Architecture{"SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32},
    Architecture{"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL},
    Architecture{"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64},
    Architecture{"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32},
    Architecture{"SCMP_ARCH_PPC", SCMP_ARCH_PPC},
    Architecture{"SCMP_ARCH_PPC64", SCMP_ARCH_PPC64},
    Architecture{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE},
    Architecture{"SCMP_ARCH_S390", SCMP_ARCH_S390},
    Architecture{"SCMP_ARCH_S390X", SCMP_ARCH_S390X},
    Architecture{"SCMP_ARCH_PARISC", SCMP_ARCH_PARISC},
    Architecture{"SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64},
    Architecture{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64},
};

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

SeccompFilter::~SeccompFilter() { ::seccomp_release(context_); }

Result<std::unique_ptr<SeccompFilter>> SeccompFilter::create(const grpc::LinuxSeccomp& config,
                                                             std::vector<std::string>& warnings) {
  auto error = config.has_default_errno_ret() ? config.default_errno_ret() : EPERM;
  auto action = TRY(parse_action(config.defaultaction(), static_cast<uint32_t>(error)));
  auto* context = ::seccomp_init(action);
  if (context == nullptr) return Error::make(Code::kInternal, "seccomp: cannot make a filter");
  std::unique_ptr<SeccompFilter> filter(new SeccompFilter(context));
  // The process sets no_new_privs itself, or has been told not to.
  ::seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0);
  TRY(filter->set_architectures(config, warnings));
  TRY(filter->set_flags(config, warnings));
  TRY(filter->add_rules(config, action, warnings));
  return filter;
}

Result<> SeccompFilter::set_architectures(const grpc::LinuxSeccomp& config, std::vector<std::string>& warnings) {
  for (const auto& name : config.architectures()) {
    uint32_t token = 0;
    bool known = false;
    for (const auto& entry : kArchitectures) {
      if (entry.name == name) {
        token = entry.token;
        known = true;
      }
    }
    if (!known) {
      warnings.push_back(concat("seccomp architecture \"", name, "\" is unknown and left out"));
      continue;
    }
    int result = ::seccomp_arch_add(context_, token);
    if (result < 0 && result != -EEXIST) return failed(result, "add architecture", name);
  }
  return {};
}

Result<> SeccompFilter::set_flags(const grpc::LinuxSeccomp& config, std::vector<std::string>& warnings) {
  for (const auto& flag : config.flags()) {
    int result = 0;
    if (flag == "SECCOMP_FILTER_FLAG_LOG") {
      result = ::seccomp_attr_set(context_, SCMP_FLTATR_CTL_LOG, 1);
    } else if (flag == "SECCOMP_FILTER_FLAG_SPEC_ALLOW") {
      result = ::seccomp_attr_set(context_, SCMP_FLTATR_CTL_SSB, 1);
    } else if (flag != "SECCOMP_FILTER_FLAG_TSYNC") {  // there is one thread
      warnings.push_back(concat("seccomp flag \"", flag, "\" is not supported and left out"));
    }
    if (result < 0) return failed(result, "set flag", flag);
  }
  return {};
}

Result<> SeccompFilter::add_rules(const grpc::LinuxSeccomp& config, uint32_t default_action,
                                  std::vector<std::string>& /*warnings*/) {
  for (const auto& rule : config.syscalls()) {
    auto error = rule.errnoret() != 0 ? rule.errnoret() : static_cast<uint32_t>(EPERM);
    auto action = TRY(parse_action(rule.action(), error));
    if (action == default_action) continue;  // libseccomp refuses what changes nothing
    auto alternatives = TRY(parse_alternatives(rule));
    for (const auto& name : rule.names()) TRY(add_rule(context_, name, action, alternatives));
  }
  return {};
}

Result<> SeccompFilter::load() {
  int result = ::seccomp_load(context_);
  if (result < 0) return failed(result, "load the filter");
  return {};
}

Result<> SeccompFilter::export_to(int fd) const {
  int result = ::seccomp_export_bpf(context_, fd);
  if (result < 0) return failed(result, "export the filter");
  return {};
}

}  // namespace kata::agent
