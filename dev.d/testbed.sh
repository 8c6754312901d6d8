# shellcheck shell=bash
# Run a command on an emulated Debian machine that has KVM (./dev testbed --shell | -- CMD...; docs/testbed.md)

: "${KATA_TESTBED_MEMORY:=3G}"
: "${KATA_TESTBED_BOOT_LIMIT:=600}" # seconds; it takes 10 to 20 on an idle machine
: "${KATA_TESTBED_SILENCE:=300}"    # seconds; a sign of life comes every 20
testbed=$KATA_BUILD_DIR/testbed
caller_directory=${OLDPWD:-$PWD}
qemu='' relays=() terminal='' started=0

# Its own failures are told from the command's by statuses that few commands have.
failed_status=125
crashed_status=123 # the testbed's own kernel did, or hangs: try again
testbed_failed() {
  printf './dev testbed: %s\n' "$*" >&2
  exit "$failed_status"
}

check_host() {
  local wanted available
  [ "$(uname -m)" = x86_64 ] || testbed_failed "this host is $(uname -m), and an x86-64 machine runs the host's own programs"
  wanted=$(numfmt --from=iec "$KATA_TESTBED_MEMORY") || testbed_failed "KATA_TESTBED_MEMORY must be a size such as 3G"
  available=$(($(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo) * 1024))
  [ "$available" -ge "$wanted" ] ||
    testbed_failed "$KATA_TESTBED_MEMORY of memory are needed, $((available >> 20)) MiB are free: free some, or try KATA_TESTBED_MEMORY=2G"
}

# Two of these would starve each other. The lock goes with the last process that has the descriptor, QEMU.
take_turn() {
  local lock=/run/lock
  [ -w "$lock" ] || lock=/tmp
  lock=$lock/kata-testbed.lock
  [ -e "$lock" ] || (umask 0 && : >>"$lock") || testbed_failed "cannot make $lock"
  exec 9<"$lock"
  flock -n 9 || { say "waiting for another testbed on this machine to end ($lock)"; flock 9; }
}

# Debian's kernel with all of its modules, as ./dev image unpacked the newest package.
stock_kernel() {
  local package release each
  package=$(find "$KATA_CACHE_DIR/packages" -name 'linux-image-*.deb' | sort -V | tail -n 1)
  release=$(basename "${package%%_*}")
  for each in "$KATA_CACHE_DIR"/kernel-*/; do
    if [ "linux-image-$(cat "$each/release" 2>/dev/null)" = "$release" ] && [ -f "$each/modules/modules.dep" ]; then
      echo "${each%/}"
      return
    fi
  done
  testbed_failed "$release is not unpacked in $KATA_CACHE_DIR: run ./dev image"
}

make_initrd() {
  local parts=("$KATA_SOURCE"/guest/modules.sh "$KATA_SOURCE"/tests/testbed/{init,initrd.sh,modules.list} /bin/busybox) key
  key=$(cat "$1/release" "${parts[@]}" | sha256sum)
  [ "$(cat "$testbed/initrd.key" 2>/dev/null)" != "$key" ] || return 0
  say "making the testbed's initrd"
  "$KATA_SOURCE/tests/testbed/initrd.sh" "$1" /bin/busybox "$testbed/initrd"
  echo "$key" >"$testbed/initrd.key"
}

# write_command CMD...: with the settings and the working directory of the caller.
write_command() {
  local name
  {
    for name in $(compgen -e KATA_); do printf 'export %s=%q\n' "$name" "${!name}"; done
    printf 'export KATA_TESTBED=1 LANG=C.UTF-8 TERM=%q\n' "${TERM:-dumb}"
    [ -z "$terminal" ] || stty size | awk '{ printf "stty rows %d cols %d\n", $1, $2 }'
    printf 'cd %q || exit 125\nexec' "$caller_directory"
    printf ' %q' "$@"
    echo
  } >"$testbed/command"
  printf '%s\n' "$KATA_SOURCE" "$KATA_BUILD_DIR" "$KATA_CACHE_DIR" "$caller_directory" >"$testbed/needed"
}

# Sets `machine`, QEMU's arguments. Descriptor 8 is where the machine says that it is up, and the command's status.
describe_machine() {
  local kernel=$1 quiet="quiet loglevel=4"
  machine=(qemu-system-x86_64 -name kata-testbed -nodefaults -no-user-config -display none -no-reboot
    -machine "q35,hpet=off,smm=off,vmport=off,usb=off,sata=off" -accel "tcg,thread=multi,tb-size=512"
    -cpu "max,-la57" -smp 2 -m "$KATA_TESTBED_MEMORY"
    -kernel "$kernel/vmlinux" -initrd "$testbed/initrd"
    -append "console=ttyS0 $quiet panic=-1 mitigations=off nokaslr cgroup_no_v1=all testbed.machine=$KATA_SOURCE/tests/testbed/machine.sh testbed.run=$testbed"
    -chardev "file,id=console,path=$testbed/console" -serial chardev:console
    -fsdev "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap" -device "virtio-9p-pci,fsdev=host,mount_tag=host"
    -object "rng-random,id=rng,filename=/dev/urandom" -device "virtio-rng-pci,rng=rng" -device "virtio-serial-pci,max_ports=8")
  [ ! -f /usr/share/qemu/qboot.rom ] || machine+=(-bios /usr/share/qemu/qboot.rom)
  add_port events /dev/fd/8
  if [ -n "$terminal" ]; then
    machine+=(-chardev "stdio,id=terminal,signal=off" -device "virtconsole,chardev=terminal")
  else
    add_port out "$testbed/out"
    add_port err "$testbed/err"
  fi
}

add_port() { machine+=(-chardev "file,id=$1,path=$2" -device "virtserialport,chardev=$1,name=testbed.$1"); }

# QEMU dies with this shell, whatever ends it. The output goes through files, so that a slow reader loses nothing.
start_machine() {
  rm -f "$testbed"/{out,err,console,qemu.log}
  touch "$testbed"/{out,err}
  if [ -n "$terminal" ]; then
    exec {events}< <(exec setpriv --pdeathsig KILL -- "${machine[@]}" 8>&1 >/dev/tty </dev/tty 2>"$testbed/qemu.log")
    qemu=$!
    return
  fi
  # In a session of its own: a terminal's Ctrl-C is for this shell, which then ends it.
  exec {events}< <(exec setpriv --pdeathsig KILL -- setsid "${machine[@]}" 8>&1 >"$testbed/qemu.log" </dev/null 2>&1)
  qemu=$!
  tail -c +1 -f -s 0.1 --pid="$qemu" "$testbed/out" 9<&- &
  relays=($!)
  tail -c +1 -f -s 0.1 --pid="$qemu" "$testbed/err" >&2 9<&- &
  relays+=($!)
}

# next_event SECONDS: "up", then "status N"; sets `value` to what follows the word. No deadline for 0, as long as there are
# signs of life.
next_event() {
  local end=$((SECONDS + $1)) last=$SECONDS word part line='' status
  while [ "$1" -eq 0 ] || [ "$SECONDS" -lt "$end" ]; do
    status=0
    read -r -t 1 -u "$events" part || status=$?
    line+=$part # on a busy machine the second may end in the middle of a line
    if [ "$status" -eq 0 ]; then
      read -r word value <<<"$line"
      line=''
      [ "$word" = alive ] || return 0
      last=$SECONDS
    elif [ "$status" -le 128 ]; then
      break # the end of the machine, not of the second
    fi
    if [ "$1" -eq 0 ] && [ $((SECONDS - last)) -ge "$KATA_TESTBED_SILENCE" ]; then
      failed_status=$crashed_status
      break
    fi
  done
  return 1
}

why_it_ended() {
  { tail -n 5 "$testbed/qemu.log"; tail -n 20 "$testbed/console"; } >&2 2>/dev/null || true
  ! grep -q 'Kernel panic' "$testbed/console" || failed_status=$crashed_status
  testbed_failed "$1; the above is what QEMU and the machine's console said last ($testbed)"
}

end_machine() {
  local status=$?
  trap '' INT TERM HUP
  if [ -n "$qemu" ]; then
    kill -KILL "$qemu" 2>/dev/null || true
    while kill -0 "$qemu" 2>/dev/null; do sleep 0.05; done
    # All that was written is shown, unless somebody is in a hurry.
    if [ "$status" -ge 128 ]; then kill "${relays[@]}" 2>/dev/null || true; fi
    wait "${relays[@]}" 2>/dev/null || true
  fi
  [ -z "$terminal" ] || stty "$terminal" </dev/tty || true
  rm -f "$testbed"/{command,needed,modules,interactive,out,err}
  exit "$status"
}

case ${1:-} in
  --shell)
    [ -t 0 ] && [ -t 1 ] || testbed_failed "--shell needs a terminal"
    terminal=$(stty -g)
    set -- bash -i
    ;;
  --) shift ;;
esac
[ $# -gt 0 ] || { echo "usage: ./dev testbed --shell | -- CMD...   (./dev testbed -- kata-runtime check)" >&2; exit 2; }
check_host
dev build
dev image
mkdir -p "$testbed"
take_turn
trap end_machine EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
kernel=$(stock_kernel)
make_initrd "$kernel"
ln -sfn "$kernel/modules" "$testbed/modules"
rm -f "$testbed/interactive"
[ -z "$terminal" ] || : >"$testbed/interactive"
write_command "$@"
describe_machine "$kernel"
say "booting the testbed: $(cat "$kernel/release"), emulated, 2 processors, $KATA_TESTBED_MEMORY"
started=$SECONDS
start_machine
next_event "$KATA_TESTBED_BOOT_LIMIT" || why_it_ended "the testbed did not come up in $((SECONDS - started)) s"
say "the testbed is up after $((SECONDS - started)) s"
next_event 0 || why_it_ended "the testbed ended, or hung for $KATA_TESTBED_SILENCE s, before the command did"
exit "$value"
