"""A row's bundle: a copy of the busybox root file system, and `runc spec` changed by the row."""
import functools
import json
import pathlib
import shutil
import subprocess
import tempfile


class Unprepared(Exception):
    """The row's own preparation failed."""


@functools.cache
def default_config():
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["runc", "spec"], cwd=directory, check=True)
        return json.loads(pathlib.Path(directory, "config.json").read_text())


def make(row, directory, environment, rootfs):
    """The bundle of `row` in `directory`, which is emptied first: both runtimes find the same."""
    clear(directory)
    directory.mkdir(parents=True)
    subprocess.run(["cp", "-a", rootfs, directory / "rootfs"], check=True)
    config = json.loads(json.dumps(default_config()))
    config["process"]["terminal"] = False
    config["process"]["args"] = ["/bin/sh", "-c", row.run]
    if row.prepare:
        call(["bash", "-euc", row.prepare], directory, environment, "prepare")
    text = json.dumps(config)
    if row.config:
        words = [word for name in ("BUNDLE", "ROOTFS", "ID") for word in ("--arg", name, environment[name])]
        text = call(["jq", *words, row.config], directory, environment, "config", text)
    (directory / "config.json").write_text(text)


def call(command, directory, environment, what, text=""):
    done = subprocess.run(command, cwd=directory, env=environment, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise Unprepared(f"{what} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def mounts_below(directory):
    below = f"{directory}/"
    with open("/proc/self/mountinfo") as mounts:
        points = [line.split()[4] for line in mounts]
    return [point for point in points if point.startswith(below) or point == str(directory)]


def clear(directory):
    """Removes it, with what was mounted there and the loop devices on its files."""
    if not directory.exists():
        return
    for point in reversed(mounts_below(directory)):
        subprocess.run(["umount", "-l", point], check=False)
    listed = subprocess.run(["losetup", "-ln", "-O", "NAME,BACK-FILE"], capture_output=True, text=True).stdout
    for line in listed.splitlines():
        device, _, path = line.strip().partition(" ")
        if path.strip().startswith(f"{directory}/"):
            subprocess.run(["losetup", "-d", device], check=False)
    subprocess.run(["chattr", "-R", "-f", "-ia", str(directory)], check=False, stderr=subprocess.DEVNULL)
    shutil.rmtree(directory)
