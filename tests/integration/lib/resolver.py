#!/usr/bin/env python3
"""resolver.py ADDRESS ANSWER PORTS: a name server that says ANSWER to every question, over UDP and TCP, at ports that the
kernel chooses; they are written to the file PORTS: "UDP TCP"."""
import os
import socket
import struct
import sys
import threading

ADDRESS, ANSWER, PORTS = sys.argv[1:]


def answer(query):
    """RFC 1035: the question, and an A record for it; to other types nothing."""
    end = 12
    while query[end]:
        end += query[end] + 1
    question = query[12 : end + 5]
    is_a = question[-4:-2] == b"\0\1"
    head = query[:2] + struct.pack(">5H", 0x8580, 1, 1 if is_a else 0, 0, 0)
    record = b"\xc0\x0c" + struct.pack(">2HIH", 1, 1, 60, 4) + socket.inet_aton(ANSWER)
    return head + question + (record if is_a else b"")


def serve_udp(udp):
    while True:
        query, client = udp.recvfrom(65535)
        udp.sendto(answer(query), client)


udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind((ADDRESS, 0))
tcp = socket.create_server((ADDRESS, 0))
threading.Thread(target=serve_udp, args=(udp,), daemon=True).start()
with open(PORTS + ".new", "w") as out:
    out.write(f"{udp.getsockname()[1]} {tcp.getsockname()[1]}\n")
os.rename(PORTS + ".new", PORTS)
while True:
    connection, _ = tcp.accept()
    with connection, connection.makefile("rb") as stream:
        length = stream.read(2)
        if len(length) == 2:
            reply = answer(stream.read(struct.unpack(">H", length)[0]))
            connection.sendall(struct.pack(">H", len(reply)) + reply)
