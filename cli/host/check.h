// `kata-runtime check` (alias kata-check): can this host run containers, and how.
#pragma once

#include <string>

namespace kata::cli {

struct CheckOptions {
  std::string no_place;  // Globals::no_place
  std::string config;    // --config; empty: the default search
  bool json = false;     // --json
  bool strict = false;   // --strict, -s: a warning is a failure
  bool verbose = false;  // --verbose, -v: accepted; everything is always listed

  // Upstream's flags of the search for newer releases. Accepted; nothing is fetched from the network,
  // ever: the first three print this program's version and check nothing.
  bool check_version_only = false;    // --check-version-only
  bool only_list_releases = false;    // --only-list-releases
  bool include_all_releases = false;  // --include-all-releases
  bool no_network_checks = false;     // --no-network-checks, -n
};

// Prints to stdout, the failure to stderr. Returns the exit status: 0 or 1.
int run_check(const CheckOptions& options);

}  // namespace kata::cli
