"""Drive a program on a terminal of its own: drive_terminal.py ROWS COLUMNS COMMAND... with steps on stdin, one a line:

expect REGEX    wait for it in the output that follows what was matched before
send TEXT       type it; \\r, \\x03 and the like are understood
resize R C      change the terminal's size
Exits with the command's status (128 + n for a signal), or 200 when an expectation was not met.
"""
import codecs, fcntl, os, pty, re, select, signal, struct, sys, termios, time

LIMIT = float(os.environ.get("KATA_PTY_LIMIT", "120"))


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def wait_for(fd, pattern, seen):
    """Reads until the pattern is in seen; returns what follows it, or None."""
    end = time.monotonic() + LIMIT
    while True:
        found = re.search(pattern.encode(), seen)
        if found:
            return seen[found.end():]
        left = end - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            return None
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b""
        if not data:
            return None
        sys.stderr.buffer.write(data)
        seen += data


def main():
    rows, columns, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    steps = [line.rstrip("\n") for line in sys.stdin if line.strip()]
    pid, fd = pty.fork()
    if pid == 0:
        resize(0, rows, columns)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell ignores it for what it runs in the background
        os.execvp(command[0], command)
    resize(fd, rows, columns)
    seen = b""
    for step in steps:
        word, _, rest = step.strip().partition(" ")
        if word == "expect":
            seen = wait_for(fd, rest, seen)
            if seen is None:
                sys.stderr.write("\npty: never saw %r\n" % rest)
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return 200
        elif word == "send":
            os.write(fd, codecs.decode(rest, "unicode_escape").encode("latin-1"))
        elif word == "wait":  # until a shell has become its command
            time.sleep(float(rest))
        elif word == "resize":
            resize(fd, *map(int, rest.split()))
        else:
            raise ValueError(step)
    wait_for(fd, r"(?!)", seen)  # drain until the end
    status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


sys.exit(main())
