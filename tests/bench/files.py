#!/usr/bin/env python3
"""files.py DIRECTORY TREE: measure a file system; prints "name value" lines, higher is better but for git's (ms).

DIRECTORY is written to; TREE is a git work tree that is only read. The same program runs on the host and in a guest.
"""
import os
import random
import sqlite3
import subprocess
import sys
import time

directory, tree = sys.argv[1:]
MIB = 1 << 20
SIZE = 64 * MIB
BLOCK = 4096
OPERATIONS = 1500
FILES = 300


def measured(name, amount, work):
    start = time.monotonic()
    work()
    print(name, round(amount / (time.monotonic() - start), 1), flush=True)


def path(name):
    return os.path.join(directory, name)


def write_all():
    data = os.urandom(MIB)
    with open(path("big"), "wb", buffering=0) as file:
        for _ in range(SIZE // MIB):
            file.write(data)
        os.fsync(file.fileno())


def read_all():
    with open(path("big"), "rb", buffering=0) as file:
        while file.read(MIB):
            pass


def random_blocks(flags, work):
    fd = os.open(path("big"), flags)
    numbers = random.Random(1)
    for _ in range(OPERATIONS):
        work(fd, numbers.randrange(SIZE // BLOCK) * BLOCK)
    os.fsync(fd)
    os.close(fd)


def create():
    for i in range(FILES):
        with open(path("small/%d" % i), "wb", buffering=0) as file:
            file.write(b"x")


def look():
    for name in os.listdir(path("small")):
        os.stat(path("small/" + name))


def remove():
    for i in range(FILES):
        os.unlink(path("small/%d" % i))


def small_transactions():
    base = sqlite3.connect(path("base.db"), isolation_level=None)
    base.execute("create table t (a integer, b text)")
    for i in range(50):
        base.execute("insert into t values (?, ?)", (i, "text"))
    base.close()


def large_transaction():
    base = sqlite3.connect(path("base.db"))
    base.executemany("insert into t values (?, ?)", ((i, "text" * 20) for i in range(20000)))
    base.commit()
    assert base.execute("select count(*) from t").fetchone()[0] == 20050
    base.close()


def git_status():
    subprocess.run(["git", "-c", "safe.directory=*", "--no-optional-locks", "-C", tree, "status", "--short"], check=True, stdout=subprocess.DEVNULL)


measured("seq-write-MB/s", SIZE / 1e6, write_all)
measured("seq-read-MB/s", SIZE / 1e6, read_all)
measured("rand-read-op/s", OPERATIONS, lambda: random_blocks(os.O_RDONLY, lambda fd, at: os.pread(fd, BLOCK, at)))
measured("rand-write-op/s", OPERATIONS, lambda: random_blocks(os.O_RDWR, lambda fd, at: os.pwrite(fd, b"y" * BLOCK, at)))
os.mkdir(path("small"))
measured("create-op/s", FILES, create)
measured("stat-op/s", FILES, look)
measured("unlink-op/s", FILES, remove)
measured("sqlite-commit/s", 50, small_transactions)
measured("sqlite-row/s", 20000, large_transaction)
for turn in ("first", "again"):
    start = time.monotonic()
    git_status()
    print("git-status-%s-ms" % turn, round((time.monotonic() - start) * 1000), flush=True)
