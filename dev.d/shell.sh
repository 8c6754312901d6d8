# shellcheck shell=bash
# A shell in a virtual machine of its own (./dev shell [OPTION OF kata-runtime do]...)

dev build programs
dev image
terminal=()
[ ! -t 0 ] || terminal=(-t)
as_root "$KATA_BUILD_DIR/bin/kata-runtime" "do" -i "${terminal[@]}" "$@" -- sh
