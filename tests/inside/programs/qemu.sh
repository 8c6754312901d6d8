# A machine in the container, emulated: its firmware says a letter and ends it.
cd "$(mktemp -d)" || exit
{
  head -c $((65536 - 16)) /dev/zero
  printf '\260\113\346\351\260\003\346\364\364' # mov al,'K'; out 0xe9,al; mov al,3; out 0xf4,al; hlt
  head -c 7 /dev/zero
} >bios
qemu-system-x86_64 -M pc -accel tcg -m 16 -nodefaults -no-user-config -display none -bios bios -debugcon stdio -device isa-debug-exit,iobase=0xf4,iosize=1
echo " status $?"
