// system_calls LIST OUT: makes filters for seccomp(2) of a list of system calls (hypervisor/qemu/system_calls.txt), as
// a header with two arrays of instructions: kSystemCalls, and kSystemCallsWithFiles. Runs while the project is built,
// so that no program of ours needs libseccomp.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Line {
  std::string name, condition;
};

[[noreturn]] void die(const std::string& why) {
  std::cerr << "system_calls: " << why << "\n";
  std::exit(1);
}

std::vector<Line> read_list(const std::string& path) {
  std::ifstream file(path);
  if (!file) die("cannot read " + path);
  std::vector<Line> out;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    std::istringstream words(text);
    std::string name, reason;
    if (!(words >> name) || name[0] == '#') continue;
    if (!(words >> reason)) die(path + ":" + std::to_string(number) + ": " + name + " has no reason");
    auto colon = name.find(':');
    out.push_back({name.substr(0, colon), colon == std::string::npos ? "" : name.substr(colon + 1)});
  }
  return out;
}

void allow(scmp_filter_ctx filter, const Line& line, bool files) {
  int number = seccomp_syscall_resolve_name(line.name.c_str());
  if (number == __NR_SCMP_ERROR) die("there is no system call " + line.name);
  if (number < 0) return;  // not on this architecture
  int failed = 0;
  if (line.condition == "thread") {
    failed =
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
  } else if (line.condition == "unix") {
    failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
  } else if (line.condition == "files" || line.condition.empty()) {
    if (line.condition.empty() || files) failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
  } else {
    die(line.name + " has an unknown condition: " + line.condition);
  }
  if (failed != 0) die("cannot allow " + line.name);
}

std::vector<sock_filter> make(const std::vector<Line>& lines, bool files) {
  auto* filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
  if (filter == nullptr) die("libseccomp cannot make a filter");
  if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0) die("libseccomp cannot make a tree");
  for (const auto& line : lines) allow(filter, line, files);
  auto* file = std::tmpfile();
  if (file == nullptr || seccomp_export_bpf(filter, fileno(file)) != 0) die("libseccomp cannot write a filter");
  seccomp_release(filter);
  std::rewind(file);
  std::vector<sock_filter> out;
  sock_filter one;
  while (std::fread(&one, sizeof one, 1, file) == 1) out.push_back(one);
  std::fclose(file);
  return out;
}

void write(std::ostream& out, const char* name, const std::vector<sock_filter>& code) {
  out << "inline constexpr sock_filter " << name << "[] = {\n";
  for (const auto& one : code) {
    out << "    {" << one.code << ", " << unsigned{one.jt} << ", " << unsigned{one.jf} << ", " << one.k << "U},\n";
  }
  out << "};\n";
}

}  // namespace

int main(int count, char** values) {
  if (count != 3) die("usage: system_calls LIST OUT");
  auto lines = read_list(values[1]);
  std::ofstream out(values[2]);
  out << "// Made of " << values[1] << " by cmake/system_calls.cc.\n#pragma once\n\n#include <linux/filter.h>\n\n";
  out << "namespace kata::hypervisor {\n\n";
  write(out, "kSystemCalls", make(lines, false));
  write(out, "kSystemCallsWithFiles", make(lines, true));
  out << "\n}  // namespace kata::hypervisor\n";
  return out.flush() ? 0 : 1;
}
