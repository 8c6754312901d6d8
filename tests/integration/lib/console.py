"""console.py SOCKET LINE: wait for a terminal on SOCKET as runc sends it, type LINE, print all that comes back."""
import array, os, select, socket, sys

listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(1)
listener.settimeout(120)
connection, _ = listener.accept()
_, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4))
fds = array.array("i")
for level, kind, data in ancillary:
    if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
        fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
os.write(fds[0], sys.argv[2].encode() + b"\n")
while select.select([fds[0]], [], [], 120)[0]:
    try:
        data = os.read(fds[0], 65536)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
