#!/bin/sh
# fresh_output.sh COMMAND... -o FILE ...: runs the command after its output was removed. A precompiled header that is there
# would be read while the next one is made: ccache takes it for the input, and hands out an old one (Headers.cmake).
wanted=
for word in "$@"; do
  [ -z "$wanted" ] || rm -f "$word"
  wanted=
  [ "$word" != -o ] || wanted=1
done
exec "$@"
