"""posix.py DIRECTORY: what a file system can do that shared ones often cannot; a line "name=ok" or "name=<error>" each."""
import fcntl
import mmap
import os
import select
import ctypes
import socket
import sys

os.chdir(sys.argv[1])


def unlinked_io():
    fd = os.open("u1", os.O_RDWR | os.O_CREAT)
    os.unlink("u1")
    os.write(fd, b"data")
    assert os.pread(fd, 4, 0) == b"data"


def unlinked_ftruncate():
    fd = os.open("u2", os.O_RDWR | os.O_CREAT)
    os.write(fd, b"data")
    os.unlink("u2")
    os.ftruncate(fd, 2)
    assert os.fstat(fd).st_size == 2


def unlinked_fchmod():
    fd = os.open("u3", os.O_RDWR | os.O_CREAT)
    os.unlink("u3")
    os.fchmod(fd, 0o600)


def unlinked_mmap():
    fd = os.open("u4", os.O_RDWR | os.O_CREAT)
    os.write(fd, b"x" * 4096)
    os.unlink("u4")
    with mmap.mmap(fd, 4096, mmap.MAP_SHARED) as area:
        area[0:4] = b"data"
        area.flush()
    assert os.pread(fd, 4, 0) == b"data"


def mmap_shared():
    fd = os.open("m", os.O_RDWR | os.O_CREAT)
    os.ftruncate(fd, 8192)
    with mmap.mmap(fd, 8192, mmap.MAP_SHARED) as area:
        area[4096:4100] = b"data"
        area.flush()
    assert os.pread(fd, 4, 4096) == b"data"


def unix_socket():
    server = socket.socket(socket.AF_UNIX)
    server.bind("socket")
    server.listen()
    client = socket.socket(socket.AF_UNIX)
    client.connect("socket")
    client.send(b"data")
    assert server.accept()[0].recv(4) == b"data"


def fifo():
    os.mkfifo("fifo")
    reader = os.open("fifo", os.O_RDONLY | os.O_NONBLOCK)
    os.write(os.open("fifo", os.O_WRONLY), b"data")
    assert os.read(reader, 4) == b"data"


def locks():
    first, second = (os.open("lock", os.O_RDWR | os.O_CREAT) for _ in range(2))
    fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    raise AssertionError("locked twice")


def inotify():
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.inotify_init1(os.O_NONBLOCK)
    libc.inotify_add_watch(fd, b".", 0x100)  # IN_CREATE
    open("seen", "w").close()
    assert select.select([fd], [], [], 60)[0]


def rename_over_open():
    open("r1", "w").write("old")
    old = open("r1")
    open("r2", "w").write("new")
    os.rename("r2", "r1")
    assert old.read() == "old" and open("r1").read() == "new"


def xattr():
    open("x", "w").close()
    os.setxattr("x", "user.test", b"value")
    assert os.getxattr("x", "user.test") == b"value"


def hole():
    fd = os.open("h", os.O_RDWR | os.O_CREAT)
    os.posix_fallocate(fd, 0, 8192)
    assert os.fstat(fd).st_size == 8192


def direct():
    fd = os.open("d", os.O_RDWR | os.O_CREAT | os.O_DIRECT)
    with mmap.mmap(-1, 4096) as area:
        assert os.write(fd, area) == 4096


def tmpfile():
    fd = os.open(".", os.O_RDWR | os.O_TMPFILE)
    os.write(fd, b"data")


for check in (unlinked_io, unlinked_ftruncate, unlinked_fchmod, unlinked_mmap, mmap_shared, unix_socket, fifo, locks, inotify,
              rename_over_open, xattr, hole, direct, tmpfile):
    try:
        check()
        print("%s=ok" % check.__name__)
    except (OSError, AssertionError, ValueError) as error:
        print("%s=%s" % (check.__name__, error))
