// libcap-ng is one object file: its use for the names of capabilities brings in functions that change users
// through glibc's name services, which a static program does not have. Nobody calls those; with these in their
// place the linker finds nothing to warn of.
#include <grp.h>
#include <pwd.h>

#include <cerrno>

extern "C" {

int initgroups(const char* /*user*/, gid_t /*group*/) {
  errno = ENOSYS;
  return -1;
}

struct passwd* getpwuid(uid_t /*uid*/) {
  errno = ENOSYS;
  return nullptr;
}

}  // extern "C"
