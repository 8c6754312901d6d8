#!/usr/bin/env bash
# threads.sh [ROOT]: docs/threads.md names every thread that the code starts, and no other; and nobody uses another type.
set -euo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}"
page=docs/threads.md
bad=0
complain() { echo "$*"; bad=1; }

sources() {
  find lib hypervisor runtime shim cli agent deploy \( -name '*.cc' -o -name '*.h' \) \
    ! -name '*_test.cc' ! -name '*_for_test.h' ! -path 'hypervisor/test_guest/*' ! -path 'lib/test/*'
}

# Names in the code: the first argument of what starts a thread, which may stand on the next line.
in_code() {
  sources | xargs cat | tr '\n' ' ' |
    grep -oP '(Thread::start|EventLoop::start|try_run|threads_?(\.|->)run|start_thread|start_listeners)\(\s*"[^"]+"' | grep -oP '"\K[^"]+' | sort -u
}

# Names in the page: the first column of each table of threads.
in_page() {
  awk '/^\| thread \|/ { threads = 1; next } !/^\|/ { threads = 0 } threads' "$page" | cut -d'|' -f2 | grep -o '`[^`]*`' | tr -d '`' | sort -u
}

while IFS= read -r name; do
  complain "$page does not name the thread \"$name\""
done < <(comm -23 <(in_code) <(in_page))
while IFS= read -r name; do
  complain "$page names the thread \"$name\", which nobody starts"
done < <(comm -13 <(in_code) <(in_page))
while IFS= read -r line; do
  complain "$line: use sys::Thread, kata::Mutex and kata::Condition"
done < <(sources | grep -v '^lib/base/mutex.h$' |
  xargs grep -nE 'std::(jthread|thread [a-z]|thread\(|thread>|mutex|condition_variable|lock_guard|unique_lock|scoped_lock)|\.detach\(\)' || true)
exit "$bad"
