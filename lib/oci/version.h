// The version of the OCI runtime specification that this runtime follows. What a bundle says of itself may differ.
#pragma once

namespace kata::oci {

inline constexpr char kVersion[] = "1.0.2-dev";    // what the runtime says of itself, as upstream's does
inline constexpr char kBundleVersion[] = "1.0.2";  // what a new bundle says
inline constexpr char kOldestVersion[] = "1.0.0";  // the oldest bundles that are understood
inline constexpr char kNewestVersion[] = "1.3.0";  // the newest of which every field works, or is named

}  // namespace kata::oci
