#!/usr/bin/env python3
"""Every row of tests/conformance/rows is run with runc and with kata-runtime, and the answers are compared.

conformance.py run [--driver NAME] [--kernel NAME] [--share] [--part K/N] [ROW]...   TAP on stdout; as root, after ./dev image
conformance.py page [--check]                                       writes docs/conformance.md, or says that it is stale
conformance.py list                                                 the rows' names
"""
import argparse
import sys

sys.dont_write_bytecode = True  # sources stay as they are, whoever runs this
from harness import page, run, table  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(prog="conformance.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run", help="run rows with both runtimes")
    running.add_argument("rows", nargs="*", metavar="ROW", help="a name, an area, or a pattern such as 'tmpfs-*'; all by default")
    running.add_argument("--driver", default="qemu", help="the VMM, a table [hypervisor.NAME] of the configuration")
    running.add_argument("--kernel", default="", help="the guest's kernel, stock or own; by default the one that is installed")
    running.add_argument("--share", action="store_true", help="rows that are one plain run share a machine, as containers of a pod")
    running.add_argument("--part", default="0/1", metavar="K/N", help="of the rows that have a machine of their own only each Nth, from the Kth on")
    running.add_argument("--jobs", type=int, default=0, help="rows side by side; by default as many as there are processors")
    paging = commands.add_parser("page", help="docs/conformance.md")
    paging.add_argument("--check", action="store_true", help="only say whether it is stale")
    commands.add_parser("list", help="print the rows' names")
    return parser.parse_args()


def main():
    wanted = arguments()
    try:
        rows = table.load()
        if wanted.command == "page":
            return page.check(rows) if wanted.check else page.write(rows)
        if wanted.command == "list":
            print("\n".join(f"{row.area}/{row.name}" for row in rows))
            return 0
        return run.main(wanted, table.choose(rows, wanted.rows))
    except table.Wrong as wrong:
        print(f"tests/conformance: {wrong}", file=sys.stderr)
        return 2


sys.exit(main())
