#!/usr/bin/env bash
# calls.sh [ROOT]: calls of the system that only lib/sys makes, because its wrapper retries, waits, closes on exec or
# names the object in its error. Tests, the stand-in and the tests' guest, which link nothing of ours, call what they like.
set -euo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}"
calls='accept|accept4|access|connect|dup3|eventfd|execvp|execvpe|flock|fstat|fsync|getrandom|inotify_init|inotify_init1|listen|lstat|memfd_create|mkdtemp|opendir|pipe|pipe2|poll|popen|posix_spawn|ppoll|read|readlink|realpath|recvmsg|select|socketpair|system'
found=$(grep -rnE "(^|[^A-Za-z0-9_:>.])::($calls)\(|(^|[^A-Za-z0-9_])SYS_(pidfd_open|pidfd_send_signal)" \
  lib agent hypervisor runtime shim cli deploy --include='*.cc' --include='*.h' |
  grep -vE '^(lib/sys/|lib/test/|cli/standin/|hypervisor/test_guest/)|_(test|fuzz)\.cc:|/(test|fake)_[a-z_]*\.(h|cc):|_for_test\.h:' || true)
[ -z "$found" ] || { printf '%s\n' "$found" "use what lib/sys has for it (fd.h, file.h, process.h, socket.h, inotify.h, random.h)"; exit 1; }

# With a std::string it finds std::quoted as well, wherever some header brings <iomanip>: with g++ 14 one does.
found=$(grep -rnE '(^|[^A-Za-z0-9_:])quoted\(' lib agent hypervisor runtime shim cli deploy --include='*.cc' --include='*.h' || true)
[ -z "$found" ] || { printf '%s\n' "$found" "give it another name: the standard library has a function \"quoted\""; exit 1; }
