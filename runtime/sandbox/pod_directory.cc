#include "runtime/sandbox/pod_directory.h"

#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "runtime/host_resources/files.h"
#include "runtime/host_resources/process.h"
#include "runtime/pod_journal/kinds.h"

namespace kata {

std::vector<std::string> journal_roots(const std::string& run_directory, const std::string& shared_base,
                                       const std::string& bundle) {
  std::vector<std::string> roots{run_directory, shared_base};
  if (!bundle.empty() && bundle != "/") roots.push_back(bundle);
  return roots;
}

Result<> PodDirectory::open(const SandboxOptions& options) {
  auto directory = concat(options.run_directory, "/", options.id);
  TRY(sys::make_directories(options.run_directory, 0700));
  auto file = journal_path(options.run_directory, options.id);
  auto roots = journal_roots(options.run_directory, options.shared_base, "");
  if (sys::exists(file)) {
    log::warning("sandbox", "an earlier shim of this name left something behind; removing it");
    ignore(journal::replay(file, journal_kinds(), roots));  // logged there
  }
  TRY(sys::make_directories(directory, 0700));
  path = directory;
  journal = TRY(journal::Journal::open(file, journal_kinds(), roots));
  TRY(host::record_process(*journal, ::getpid()));
  TRY(host::record_tree(*journal, path));
  return sys::make_directories(vm(), 0700);
}

}  // namespace kata
