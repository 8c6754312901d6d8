#include "lib/users/own_namespace.h"

#include <pwd.h>
#include <unistd.h>

#include <vector>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/sys/program.h"
#include "lib/users/subordinate_ids.h"

namespace kata::users {

namespace {

// Empty: nobody has this number.
std::string name_of(uid_t user) {
  std::string buffer(size_t{16} << 10U, '\0');
  passwd entry{};
  passwd* found = nullptr;
  int failed = ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  return failed != 0 || found == nullptr ? "" : entry.pw_name;
}

// One of the two programs that may give somebody's subordinate ids to his namespace, and what it is to map.
struct Mapper {
  const char* name;
  const char* file;
  uint32_t own;

  std::vector<IdRange> ids() const {
    auto text = sys::read_file(file);
    return text ? subordinate_ids(*text, name_of(::geteuid()), ::geteuid()) : std::vector<IdRange>();
  }
  // Why there is nothing to map; empty: there is.
  std::string missing() const {
    if (sys::find_program({name}).empty()) return concat(name, " is not installed");
    return ids().empty() ? concat(file, " gives this user no ids") : "";
  }
  Result<> map(pid_t pid) const {
    sys::Spawn what;
    what.argv = {sys::find_program({name}), std::to_string(pid)};
    for (auto& word : map_arguments(own, ids())) what.argv.push_back(std::move(word));
    what.err = STDERR_FILENO;
    auto status = TRY(sys::wait_child(TRY(sys::spawn(what)).pid));
    if (status.code == 0) return {};
    return Error::make(Code::kPermissionDenied, concat(name, " ", sys::describe(status)))
        .hint(concat("check that ", file, " and the ids of this user agree"));
  }
};

Result<> map_alone(const sys::NewUserNamespace& made) {
  TRY(sys::write_control(made.file("setgroups"), "deny"));  // or the kernel lets nobody map a group
  TRY_WRAP(sys::write_control(made.file("uid_map"), concat("0 ", ::geteuid(), " 1")), "mapping the user's id");
  return sys::write_control(made.file("gid_map"), concat("0 ", ::getegid(), " 1")).wrap("mapping the group's id");
}

Error no_namespaces(const Error& why) {
  return why.hint("allow it (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone), or run it as root");
}

}  // namespace

Result<OwnNamespace> make_own_user_namespace() {
  auto made = sys::NewUserNamespace::start();
  if (!made) return no_namespaces(made.error());
  const Mapper users{"newuidmap", "/etc/subuid", ::geteuid()}, groups{"newgidmap", "/etc/subgid", ::getegid()};
  OwnNamespace out;
  out.alone = users.missing();
  if (out.alone.empty()) out.alone = groups.missing();
  if (out.alone.empty()) {
    TRY(users.map(made->pid()));
    TRY(groups.map(made->pid()));
  } else {
    TRY(map_alone(*made));
  }
  out.fd = TRY(made->open());
  return out;
}

std::string user_above() {
  uid_t user = ::geteuid();
  for (const auto& one : sys::mapped_users().value_or(std::vector<sys::MappedIds>())) {
    if (user >= one.inside && user - one.inside < one.count) {
      user = one.outside + (user - one.inside);
      break;
    }
  }
  if (user == 0) return "root";  // whoever is asked for names may take its time
  auto name = name_of(user);
  return name.empty() ? std::to_string(user) : name;
}

}  // namespace kata::users
