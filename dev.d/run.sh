# shellcheck shell=bash
# Run a command in a virtual machine of its own (./dev run [OPTION OF kata-runtime do]... -- CMD...)

[ $# -gt 0 ] || die "usage: ./dev run [OPTION]... -- CMD...   (./dev run -- uname -a)"
dev build programs
dev image
as_root "$KATA_BUILD_DIR/bin/kata-runtime" "do" "$@"
