"""One runtime and what it answers to a row."""
import contextlib
import dataclasses
import os
import signal
import subprocess
import threading
import time

# What a row's steps may call. `await` is for what happens a little later, such as an end after a kill.
PRELUDE = """
R() { "$RUNTIME" --root "$RUNTIME_ROOT" "$@"; }
status_of() { R state "${1:-$ID}" 2>/dev/null | jq -r .status; }
await() { local n; for n in $(seq 300); do [ "$(status_of "${2:-$ID}")" != "$1" ] || return 0; sleep 0.05; done; echo "never $1"; return 1; }
"""
PLAIN_RUN = 'R run --bundle "$BUNDLE" "$ID"'


@dataclasses.dataclass
class Answer:
    stdout: str = ""
    stderr: str = ""
    status: int = 0
    seconds: float = 0.0
    problem: str = ""  # it did not end, or left something


class Runtime:
    def __init__(self, name, program, root, settings, limit):
        self.name, self.root, self.limit = name, root, limit
        self.running = set()
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8",
            "RUNTIME": program, **settings,
        }

    def environment_for(self, container, directory):
        """Each row has a --root of its own, so that `list` knows no other's containers."""
        own = {"ID": container, "BUNDLE": str(directory), "ROOTFS": str(directory / "rootfs")}
        return self.environment | own | {"RUNTIME_ROOT": str(self.root / container)}

    def call(self, root, *words):
        command = [self.environment["RUNTIME"], "--root", str(root), *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=self.limit, check=False)

    def answer(self, row, container, directory):
        """Runs the row's steps. Its containers are gone when this returns."""
        begin = time.monotonic()
        script = Script(PRELUDE + (row.steps or PLAIN_RUN), directory, self.environment_for(container, directory))
        self.running.add(script)
        answer = Answer()
        try:
            answer.status = script.wait(self.limit)
        except subprocess.TimeoutExpired:
            answer.problem = f"it did not end within {self.limit:.0f} s"
        finally:
            script.kill()
            self.remove_all(self.root / container)
            answer.stdout, answer.stderr = script.output()
        self.running.discard(script)
        answer.seconds = time.monotonic() - begin
        return answer

    def stop(self):
        """Ends what runs, in a hurry."""
        for script in list(self.running):
            script.kill()

    def remove_all(self, root):
        """Every container of a row."""
        for each in sorted(os.listdir(root)) if root.is_dir() else ():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.call(root, "delete", "--force", each)


class Script:
    """A shell script with its two streams read to their ends, however many processes keep them open."""

    def __init__(self, text, directory, environment):
        self.process = subprocess.Popen(
            ["bash", "-c", text], cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        self.read = {}
        self.readers = [threading.Thread(target=self.drain, args=(stream,), daemon=True) for stream in ("stdout", "stderr")]
        for reader in self.readers:
            reader.start()

    def drain(self, stream):
        with getattr(self.process, stream) as pipe:
            self.read[stream] = pipe.read().decode(errors="backslashreplace")

    def wait(self, limit):
        status = self.process.wait(limit)
        return status if status >= 0 else 128 - status

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def output(self):
        for reader in self.readers:
            reader.join(20)
        return tuple(self.read.get(stream, "(this stream did not end)\n") for stream in ("stdout", "stderr"))
