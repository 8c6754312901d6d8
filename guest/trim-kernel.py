#!/usr/bin/env python3
"""trim-kernel.py IN OUT: the ELF kernel without what a loader does not read.

A vmlinux out of a bzImage has no symbols left, but its last segment ends with what the kernel wants as zeros (.bss, .brk,
.init.scratch: 20 MB and more in Debian's), and segments begin at multiples of 2 MiB in the file. A loader fills what a segment has in
memory and not in the file with zeros itself, so both are left out. Addresses, entry and notes stay as they are.
"""
import struct
import sys

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")
LOAD = 1
PAGE = 4096


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    header = list(HEADER.unpack_from(data))
    if header[0][:6] != b"\x7fELF\x02\x01":
        sys.exit(f"trim-kernel.py: {sys.argv[1]} is not a 64-bit little-endian ELF file")
    segments = [list(SEGMENT.unpack_from(data, header[5] + i * header[9])) for i in range(header[10])]

    out = bytearray(HEADER.size + SEGMENT.size * len(segments))
    moved = []  # (old offset, length, new offset)
    for segment in segments:
        kind, _, offset, address, _, size = segment[:6]
        if kind != LOAD:
            continue
        content = data[offset:offset + size].rstrip(b"\0")
        # The offset in the file and the address agree within a page, as ELF demands.
        out += bytes((address - len(out)) % PAGE)
        moved.append((offset, len(content), len(out)))
        segment[2], segment[5], segment[7] = len(out), len(content), PAGE
        out += content
    for segment in segments:
        if segment[0] == LOAD:
            continue
        homes = [new + segment[2] - old for old, length, new in moved if old <= segment[2] and segment[2] + segment[5] <= old + length]
        if segment[5] and not homes:
            sys.exit(f"trim-kernel.py: a segment of type {segment[0]:#x} lies in none that is loaded")
        segment[2] = homes[0] if homes else 0

    header[5], header[6] = HEADER.size, 0  # the segments' table; none of sections
    header[11], header[12], header[13] = 0, 0, 0
    HEADER.pack_into(out, 0, *header)
    for index, segment in enumerate(segments):
        SEGMENT.pack_into(out, HEADER.size + index * SEGMENT.size, *segment)
    with open(sys.argv[2], "wb") as file:
        file.write(out)


main()
