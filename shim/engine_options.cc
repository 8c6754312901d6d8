#include "shim/engine_options.h"

#include "lib/proto/runc_options.pb.h"
#include "lib/proto/runtimeoptions.pb.h"

namespace kata::shim {

EngineOptions engine_options(const google::protobuf::Any& options) {
  EngineOptions out;
  if (options.type_url().ends_with("runtimeoptions.v1.Options")) {
    runtimeoptions::v1::Options ours;
    if (ours.ParseFromString(options.value())) out.config = ours.config_path();
  } else if (options.type_url().ends_with("containerd.runc.v1.Options")) {
    containerd::runc::v1::Options runcs;
    if (runcs.ParseFromString(options.value())) out.no_new_keyring = runcs.no_new_keyring();
  }
  return out;
}

}  // namespace kata::shim
