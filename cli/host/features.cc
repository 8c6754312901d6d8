#include "lib/oci/features.h"

#include "cli/host/about.h"
#include "cli/output/output.h"

namespace kata::cli {

Result<int> run_features() {
  TRY(print(oci::features_json(KATA_VERSION) + "\n"));
  return 0;
}

}  // namespace kata::cli
