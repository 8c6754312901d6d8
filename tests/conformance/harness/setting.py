"""Where rows are run: one driver with one kernel, in directories of this run."""
import os
import pathlib
import secrets
import shutil

from . import bundle
from .runtimes import Runtime
from .table import Wrong


class Setting:
    def __init__(self, driver, kernel):
        self.driver = driver
        build = pathlib.Path(os.environ.get("KATA_BUILD_DIR") or pathlib.Path(__file__).parents[3] / "build").resolve()
        self.share = build / "share/kata-containers"
        self.programs = build
        self.kernel = kernel or self.installed_kernel()
        for needed in (build / "bin/kata-runtime", self.image("vmlinux", "container"), self.image("kata-containers-initrd", "img")):
            if not needed.exists():
                raise Wrong(f"{needed} is missing (try: ./dev image)")
        # Every name on this host that comes from this run has the mark. A Unix socket's path has at most 107 bytes.
        self.mark = "f" + secrets.token_hex(3)
        self.home = pathlib.Path("/tmp") / f"kata-{self.mark}"
        self.work = build / "conformance" / self.mark
        self.limit = float(os.environ.get("KATA_LIMIT", "120"))

    def installed_kernel(self):
        link = os.readlink(self.share / "vmlinux.container") if (self.share / "vmlinux.container").is_symlink() else ""
        return "own" if link == "vmlinux-own.container" else "stock"

    def image(self, stem, ending):
        return self.share / f"{stem}-{self.kernel}.{ending}"

    def make(self):
        self.home.mkdir(mode=0o700)
        self.work.mkdir(parents=True)
        config = self.home / "kata.toml"
        config.write_text(self.configuration())
        self.runc = Runtime("runc", shutil.which("runc"), self.home / "runc", {}, self.limit)
        self.kata = Runtime("kata", str(self.programs / "bin/kata-runtime"), self.home / "kata", {"KATA_CONF_FILE": str(config)}, self.limit)

    def configuration(self):
        """Machines go on from a template, which costs a third of a boot. Everything else that changes what a container sees
        is the default, but for seccomp, which is off by default as it is upstream."""
        return f"""[hypervisor.{self.driver}]
kernel = "{self.image("vmlinux", "container")}"
initrd = "{self.image("kata-containers-initrd", "img")}"
[runtime]
disable_guest_seccomp = false
[factory]
enable_template = true
template_path = "{self.home}/template"
"""

    def remove(self):
        """Removes what there is. Prints, and returns, what should not have been there."""
        left = [str(each) for root in ("runc", "kata") for each in (self.home / root).glob("*/*")]
        for runtime in (self.runc, self.kata):
            for root in runtime.root.glob("*"):
                runtime.remove_all(root)
        # The names of sandboxes end with a mark of the root; the ids of rows begin with this run's.
        for place in ("/run/kata", "/run/kata-containers/shared/sandboxes"):
            left += [str(each) for each in pathlib.Path(place).glob(f"{self.mark}*")]
        left += bundle.mounts_below(self.work) + bundle.mounts_below(self.home)
        bundle.clear(self.work)
        bundle.clear(self.home)
        return left
