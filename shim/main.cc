// containerd-shim-kata-v2: the owner of a pod. See actions.h.
#include <unistd.h>

#include <cstdio>

#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "shim/actions.h"
#include "shim/logging.h"
#include "shim/options.h"

namespace {

using namespace kata;

Result<> print(std::string_view text) { return sys::write_all(STDOUT_FILENO, text); }

Result<> run(const shim::Options& options) {
  if (options.help) return print(shim::usage());
  if (options.version) return print(shim::version_line());
  if (options.info) return print(shim::runtime_info());
  if (options.action == shim::Action::kFeatures) return print(shim::features());
  TRY(shim::set_up_log(options));
  if (options.action == shim::Action::kStart) return print(TRY(shim::start(options)));
  if (options.action == shim::Action::kDelete) {
    auto response = TRY(shim::clean_up(options));
    // The command line asks without an address, and has no use for protobuf on its terminal.
    return options.address.empty() ? Result<>{} : print(response);
  }
  return shim::serve(options);
}

}  // namespace

int main(int argc, char* argv[]) {
  auto options = shim::parse_options({argv + 1, argv + argc});
  if (options) options->variant = shim::variant_of(argv[0]);
  auto done = options ? run(*options) : Result<>(options.error());
  if (done) return 0;
  auto text = "containerd-shim-kata-v2: " + done.error().text() + "\n";
  ignore(sys::write_all(STDERR_FILENO, text));
  return 1;
}
