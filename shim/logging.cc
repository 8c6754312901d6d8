#include "shim/logging.h"

#include "lib/base/log.h"
#include "runtime/log/sinks.h"

namespace kata::shim {

Result<> set_up_log(const Options& options) {
  bool serves = options.action == Action::kServe;
  bool under_containerd = !options.address.empty();
  log::set_level(options.debug ? log::Level::kDebug : log::Level::kInfo);
  // containerd takes what `start` prints, on either stream, for the address.
  if (!serves && under_containerd && options.log.empty()) log::set_level(log::Level::kError);
  log::set_field("sandbox", options.sandbox_id.empty() ? options.id : options.sandbox_id);
  if (!options.log.empty()) return log::use_file(options.log, options.log_format);
  if (!serves || !under_containerd) log::use_system();
  return {};
}

}  // namespace kata::shim
