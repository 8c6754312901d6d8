"""notified.py SOCKET FILE: writes to FILE what a service tells its manager on SOCKET, sd_notify(3), one message after another."""
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
while True:
    message = listener.recv(4096)
    with open(sys.argv[2], "ab") as file:
        file.write(message.rstrip(b"\n") + b"\n")
