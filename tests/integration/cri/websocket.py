"""CRI's streams over WebSocket (RFC 6455) with the protocol v4.channel.k8s.io: the first byte of each message is a channel."""
import base64
import contextlib
import os
import socket
import struct
import urllib.parse

PATIENCE = 120  # seconds


@contextlib.contextmanager
def connect(url, query=""):
    """A connection and its messages. QUERY follows the URL's path."""
    where = urllib.parse.urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as connection:
        stream = connection.makefile("rb")
        connection.sendall(
            f"GET {where.path}{query} HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Origin: http://{where.netloc}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n".encode()
        )
        status = stream.readline()
        while stream.readline() not in (b"\r\n", b""):
            pass
        if b" 101 " not in status:
            raise SystemExit(f"stream: {status.decode().strip()}")
        yield connection, messages(stream)


def send(connection, payload):
    mask = os.urandom(4)
    head = bytes([0x82]) + (
        bytes([0x80 | len(payload)]) if len(payload) < 126 else bytes([0xFE]) + struct.pack(">H", len(payload))
    )
    connection.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)))


def messages(stream):
    while len(head := stream.read(2)) == 2:
        length = head[1] & 0x7F
        if length == 126:
            length = struct.unpack(">H", stream.read(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", stream.read(8))[0]
        payload = stream.read(length)
        if head[0] & 0xF == 8:
            return
        yield payload
