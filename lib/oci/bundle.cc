#include "lib/base/concat.h"
#include "lib/oci/json.h"
#include "lib/oci/value.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/file.h"

namespace kata::oci {

namespace {

constexpr std::string_view kWhatBundle =
    "give --bundle a directory that holds config.json and the root file system; `kata-runtime spec` writes a "
    "config.json";

Result<> check_directory(const std::string& bundle) {
  auto found = sys::stat(bundle);
  if (!found) return found.error().wrap("bundle").hint(kWhatBundle);
  if (S_ISDIR(found->st_mode)) return {};
  return Error::make(Code::kInvalidArgument, concat("bundle ", bundle, " is not a directory")).hint(kWhatBundle);
}

}  // namespace

Result<grpc::Spec> load_bundle(const std::string& bundle, Ignored* ignored) {
  TRY(check_directory(bundle));
  auto path = bundle + "/config.json";
  auto found = sys::stat(path);
  if (!found) return found.error().wrap(concat("bundle ", bundle)).hint(kWhatBundle);
  if (!S_ISREG(found->st_mode)) {  // a FIFO would block us
    return Error::make(Code::kInvalidArgument, concat(path, " is not a regular file"));
  }
  auto text = TRY_WRAP(sys::read_file(path, kMaxText), concat("bundle ", bundle));
  if (text.empty()) return Error::make(Code::kInvalidArgument, concat(path, " is empty")).hint(kWhatBundle);
  return parse_spec(text, ignored).wrap(concat("bundle ", bundle));
}

}  // namespace kata::oci
