"""A machine that many rows share: they are containers of one pod, and the pod's shim is asked as containerd asks it."""
import contextlib
import json
import queue
import subprocess
import time

from . import bundle
from .runtimes import Answer

TYPE, SANDBOX = "io.kubernetes.cri.container-type", "io.kubernetes.cri.sandbox-id"


class Pod:
    def __init__(self, setting, number):
        self.setting, self.kata = setting, setting.kata
        self.client = setting.programs / "tests/task_client"
        self.name = f"{setting.mark}p{number}"
        self.root = setting.kata.root / self.name
        self.runs = False

    def start(self, rootfs):
        """Its first container does nothing but be there."""
        self.end()
        directory = self.setting.work / self.name
        bundle.clear(directory)
        directory.mkdir()
        subprocess.run(["cp", "-a", rootfs, directory / "rootfs"], check=True)
        config = json.loads(json.dumps(bundle.default_config()))
        config["process"] |= {"terminal": False, "args": ["sleep", "1000000"]}
        config["annotations"] = {TYPE: "sandbox"}
        (directory / "config.json").write_text(json.dumps(config))
        with open(directory / "stderr", "w+") as stderr:
            # A container keeps its streams open, so they must not be pipes to us.
            command = [self.kata.environment["RUNTIME"], "--root", self.root, "run", "--detach", "--bundle", directory, self.name]
            done = subprocess.run(
                command, env=self.kata.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
                timeout=self.kata.limit, check=False)
            stderr.seek(0)
            if done.returncode != 0:
                raise bundle.Unprepared(f"the shared machine does not start: {stderr.read()}")
        self.runs = True

    def end(self):
        self.kata.remove_all(self.root)
        self.runs = False

    def alive(self):
        state = self.kata.call(self.root, "state", self.name)
        return state.returncode == 0 and json.loads(state.stdout)["status"] == "running"

    def answer(self, container, directory):
        begin = time.monotonic()
        path = directory / "config.json"
        config = json.loads(path.read_text())
        config["annotations"] = (config.get("annotations") or {}) | {TYPE: "container", SANDBOX: self.name}
        path.write_text(json.dumps(config))
        streams = [directory / each for each in ("stdout", "stderr")]
        command = [self.client, self.root / self.name / "shim.sock", "run", container, directory, *streams]
        answer = Answer()
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=self.kata.limit, check=False)
            answer.status = int(done.stdout) if done.returncode == 0 else 1
            answer.stderr = done.stderr
        except subprocess.TimeoutExpired:
            answer.problem = f"it did not end within {self.kata.limit:.0f} s"
        for name, stream in zip(("stdout", "stderr"), streams):
            if stream.exists():
                setattr(answer, name, getattr(answer, name) + stream.read_bytes().decode(errors="backslashreplace"))
        # Whoever takes the machine along is told so, and the next row gets another one.
        if (answer.problem or answer.status) and not self.alive():
            answer.problem = f"the shared machine ended under it; {answer.problem or answer.stderr}"
        if answer.problem:
            self.end()
        answer.seconds = time.monotonic() - begin
        return answer


class Pods:
    """One for each of the jobs; started when it is first needed."""

    def __init__(self, setting, jobs, rootfs):
        self.rootfs, self.all = rootfs, [Pod(setting, number) for number in range(jobs)]
        self.free = queue.LifoQueue()
        for pod in self.all:
            self.free.put(pod)

    @contextlib.contextmanager
    def one(self):
        pod = self.free.get()
        try:
            if not pod.runs:
                pod.start(self.rootfs)
            yield pod
        finally:
            self.free.put(pod)

    def end(self):
        for pod in self.all:
            pod.end()
