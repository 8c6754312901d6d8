"""What a row may need of the host: a row that has it not is skipped, and says so."""
import functools
import re
import shutil
import subprocess


@functools.cache
def cgroups():
    """The version that a container's limits are set by: 2 only where nothing of version 1 is mounted."""
    with open("/proc/self/mountinfo") as mounts:
        kinds = {line.split(" - ", 1)[1].split()[0] for line in mounts}
    return 1 if "cgroup" in kinds else 2


@functools.cache
def version_of(program):
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return numbers(re.search(r"version v?([0-9.]+)", text).group(1))


def numbers(version):
    return [int(each) for each in version.split(".") if each]


@functools.cache
def capabilities():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("CapEff")).split()[1], 16)


CAPABILITIES = {"CAP_SYS_RESOURCE": 24}


def missing(row, setting):
    """What the row needs and this host, or the setting, has not; empty when all is there."""
    for need in row.needs:
        if not has(need, setting, row):
            return need
    return ""


def has(need, setting, row):
    if need in ("cgroup1", "cgroup2"):
        return cgroups() == int(need[-1])
    if need in CAPABILITIES:
        return bool(capabilities() >> CAPABILITIES[need] & 1)
    if compared := re.fullmatch(r"runc(>=|<)([0-9.]+)", need):
        return (version_of("runc") >= numbers(compared[2])) == (compared[1] == ">=")
    kind, _, value = need.partition("=")
    if kind == "program":
        return shutil.which(value) is not None
    if kind in ("kernel", "driver"):
        return getattr(setting, kind) == value
    if kind == "file-system":
        with open("/proc/filesystems") as known:
            return value in known.read().split()
    raise ValueError(f"{row.name}: nobody knows what {need!r} needs (harness/needs.py)")
