# shellcheck shell=bash
# Commands that are run once.

once() {
  row run-with-flags piped input d run --rm -i --network none -e A=b -w /new/place -u 5:6 --group-add 7 busybox \
    sh -c 'cat; echo " $A"; pwd; id -u; id -g; id -G; exit 7'
  row run-no-access d run --rm --network none busybox /etc/passwd
  row run-not-found d run --rm --network none busybox no-such-program
  row run-init d run --rm --init --network none --uts host --entrypoint sh busybox \
    -c 'ls /sys/class/net; hostname; ps -o pid,args | sed -n 2p; sh -c "sleep 0 &"; sleep 1; ps | grep -c "\[sleep\]"; exit 4'
  row run-network-host d run --rm --network host busybox true
}
