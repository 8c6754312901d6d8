#!/usr/bin/env python3
"""build-id.py PROGRAM: gives a stripped program a build-id that is a hash of what is left of it.

The linker's is a hash of the debug information too, which names the directory of whoever compiled first (ccache): the
same sources would not give the same bytes. Removing the note is no way out: objcopy then drops PT_GNU_RELRO.
"""
import hashlib
import pathlib
import struct
import sys

NOTE = struct.pack("<III4s", 4, 20, 3, b"GNU")  # NT_GNU_BUILD_ID, of SHA-1

program = pathlib.Path(sys.argv[1])
data = bytearray(program.read_bytes())
if data.count(NOTE) != 1:
    sys.exit(f"build-id.py: {program} has {data.count(NOTE)} build-ids, not one (try: link it with --build-id=sha1)")
start = data.index(NOTE) + len(NOTE)
data[start : start + 20] = bytes(20)
data[start : start + 20] = hashlib.sha1(data).digest()
with program.open("r+b") as file:  # its mode stays
    file.write(data)
