# A compiler, its program under strace and gdb.
set -e
cd "$(mktemp -d)"
cat >sum.c <<'C'
#include <stdio.h>
int add(int a, int b) { return a + b; }
int main(void) { printf("sum %d\n", add(40, 2)); return 0; }
C
gcc -g -O0 -o sum sum.c
./sum
strace -f -o trace -e trace=write ./sum >/dev/null
grep -o 'write(1, "sum 42.n", 7)' trace
gdb -batch -ex 'break add' -ex run -ex 'print a * b' -ex continue ./sum 2>/dev/null | grep -E '^(\$1|sum)'
# A process that runs already.
sleep 100 &
sleeper=$!
strace -p $sleeper -o attached &
until grep -q "TracerPid:.$!" /proc/$sleeper/status; do sleep 0.2; done
echo attached
kill $! $sleeper
