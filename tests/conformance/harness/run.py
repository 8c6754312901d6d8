"""Runs rows and prints what came of them, one line each."""
import concurrent.futures
import itertools
import os
import signal
import sys
import threading
import time
import traceback

from . import bundle, needs
from .compare import Verdict, judge, judge_twice
from .pod import Pods
from .setting import Setting
from .table import Wrong


class Report:
    """TAP, in the order in which rows end."""

    def __init__(self, total):
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        self.count = dict.fromkeys(("equal", "differ as the table says", "differed the first time only", "skipped", "failed"), 0)
        self.times = []
        print(f"1..{total}", flush=True)

    def line(self, good, name, note, text=""):
        with self.lock:
            print(f"{'ok' if good else 'not ok'} {next(self.numbers)} {name}{note}")
            for each in text.splitlines():
                print(f"#   {each}")
            sys.stdout.flush()

    def skip(self, row, what):
        self.count["skipped"] += 1
        self.line(True, row.name, f" # skip needs {what}")

    def tell(self, row, verdict, runc, kata):
        kind = "differ as the table says" if row.differs else "equal"
        if verdict.second:
            kind = "differed the first time only"
        if not verdict.good:
            kind = "failed"
        with self.lock:
            self.count[kind] += 1
            self.times.append((kata, row.name))
        note = f" ({verdict.note})" if verdict.note else ""
        self.line(verdict.good, f"{row.area}/{row.name}", f"{note} in {runc:.1f} + {kata:.1f} s", verdict.text)

    def summary(self, setting, seconds, left):
        for each in left:
            print(f"# left behind: {each}")
        slow = ", ".join(f"{name} {took:.1f} s" for took, name in sorted(self.times, reverse=True)[:5])
        counted = ", ".join(f"{number} {kind}" for kind, number in self.count.items() if number)
        print(f"# {setting.driver}, kernel {setting.kernel}: {counted}; {seconds:.0f} s; the slowest: {slow}", flush=True)
        return 0 if not self.count["failed"] and not left and self.times else 1


class Rows:
    def __init__(self, setting, report, jobs, share):
        self.setting, self.report, self.share = setting, report, share
        self.rootfs = setting.share / "busybox-rootfs"
        self.pods = Pods(setting, jobs, self.rootfs)
        self.stopped = threading.Event()

    def answer(self, runtime, row, container, directory):
        bundle.make(row, directory, runtime.environment_for(container, directory), self.rootfs)
        if runtime is self.setting.kata and self.share and row.plain:
            with self.pods.one() as pod:
                return pod.answer(container, directory)
        return runtime.answer(row, container, directory)

    def one(self, number, row):
        if self.stopped.is_set():
            return
        lacking = needs.missing(row, self.setting)
        if lacking:
            self.report.skip(row, lacking)
            return
        container, directory = f"{self.setting.mark}{number}", self.setting.work / row.name
        seconds = (0, 0)
        try:
            answers = self.ask(row, container, directory)
            verdict = judge(row, *answers)
            # What did not end, or took the machine along, is never asked again.
            if not verdict.good and not any(answer.problem for answer in answers) and not self.stopped.is_set():
                first, answers = answers, self.ask(row, container, directory)
                verdict = judge_twice(row, first, answers)
            seconds = tuple(answer.seconds for answer in answers)
        except bundle.Unprepared as wrong:
            verdict = Verdict(False, "the row is wrong", str(wrong))
        except Exception:  # whatever it is, the other rows go on
            verdict = Verdict(False, "it could not be asked", traceback.format_exc())
        finally:
            bundle.clear(directory)
        if not self.stopped.is_set():
            self.report.tell(row, verdict, *seconds)

    def ask(self, row, container, directory):
        """Both runtimes, one after the other."""
        return [self.answer(runtime, row, container, directory) for runtime in (self.setting.runc, self.setting.kata)]


def main(wanted, rows):
    if os.geteuid() != 0:
        raise Wrong("needs root, as runc does")
    turn, of = (int(number) for number in wanted.part.split("/"))
    rows = [row for number, row in enumerate(rows) if number % of == turn % of or (wanted.share and row.plain)]
    jobs = wanted.jobs or os.cpu_count() or 1
    setting = Setting(wanted.driver, wanted.kernel)
    setting.make()
    begin, left, status = time.monotonic(), [], 1
    report = Report(len(rows))
    work = Rows(setting, report, jobs, wanted.share)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    workers = concurrent.futures.ThreadPoolExecutor(jobs)
    try:
        # The template is made by nobody's row.
        setting.kata.call(setting.home / "kata", "factory", "init")
        done = [workers.submit(work.one, number, row) for number, row in enumerate(rows, 1)]
        for each in concurrent.futures.as_completed(done):
            each.result()
    except KeyboardInterrupt:
        print("# interrupted", flush=True)
    finally:
        work.stopped.set()
        for runtime in (setting.runc, setting.kata):
            runtime.stop()
        work.pods.end()  # what runs in them ends too
        workers.shutdown(cancel_futures=True)
        work.pods.end()
        left = setting.remove()
    return report.summary(setting, time.monotonic() - begin, left)
