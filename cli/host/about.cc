#include "cli/host/about.h"

#include <cerrno>

#include "cli/container/globals.h"
#include "cli/output/output.h"
#include "lib/base/concat.h"
#include "lib/oci/json.h"
#include "lib/oci/version.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/version/version.h"

namespace kata::cli {

Result<int> run_spec(const std::string& bundle) {
  auto path = (bundle.empty() ? std::string() : bundle + "/") + "config.json";
  auto file = sys::open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!file && file.error().is_errno(EEXIST)) {
    return Error::make(Code::kAlreadyExists, concat("file ", path, " exists. Remove it first"));
  }
  auto out = TRY(std::move(file));
  TRY_WRAP(sys::write_all(out.get(), oci::to_json(oci::default_spec()) + "\n"), path);
  return 0;
}

std::string version_text() {
  return concat("kata-runtime  : ", KATA_VERSION, "\n   commit   : ", commit(), "\n   OCI specs: ", oci::kVersion,
                "\n");
}

Result<int> run_version() {
  TRY(print(version_text()));
  return 0;
}

}  // namespace kata::cli
