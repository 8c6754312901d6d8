#!/usr/bin/env python3
"""locks.py BUILD COMMANDS: clang's thread-safety analysis of every source that locks, with the build's own options.

BUILD is a finished build, COMMANDS a compile_commands.json that has each source alone.

A source locks when it includes lib/base/mutex.h, itself or through headers of its own folder: the members that a lock guards
are used in the folder of the class that has them. The headers of libraries are compiled once, as in cmake/Headers.cmake.
"""
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

CLANG = "clang++-19"
BUILD = os.path.abspath(sys.argv[1])
COMMANDS = sys.argv[2]
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
MUTEX = "lib/base/mutex.h"


def includes(path):
    with open(os.path.join(ROOT, path)) as text:
        return re.findall(r'^#include "([^"]+)"', text.read(), re.M)


def locks(path):
    waiting, seen = [path], set()
    while waiting:
        for header in includes(waiting.pop()):
            if header == MUTEX:
                return True
            if os.path.dirname(header) == os.path.dirname(path) and header not in seen:
                seen.add(header)
                if os.path.exists(os.path.join(ROOT, header)):
                    waiting.append(header)
    return False


def options(command):
    """What of g++'s options says what the source is: macros, folders, the dialect."""
    words = shlex.split(command)
    kept = []
    for index, word in enumerate(words):
        if word.startswith(("-D", "-U", "-I", "-std=")):
            kept.append(word)
        elif word == "-isystem":
            kept += [word, words[index + 1]]
    return kept


def precompiled(flags):
    """The headers of libraries and what protoc wrote, for clang."""
    folder = os.path.join(BUILD, "check")
    os.makedirs(folder, exist_ok=True)
    source, out = os.path.join(folder, "heavy.h"), os.path.join(folder, "heavy.h.pch")
    with open(os.path.join(ROOT, "cmake/Headers.cmake")) as text:
        page = text.read()
    headers = re.findall(r"<[a-z_/.]+>", page[page.index("set(standard"):page.index("# kata_header_group(")])
    with open(source, "w") as text:
        text.write("".join(f"#include {header}\n" for header in headers) + '#include "lib/proto/agent.pb.h"\n')
    subprocess.run([CLANG, *flags, "-w", "-x", "c++-header", source, "-o", out], check=True)
    return out


def main():
    with open(COMMANDS) as text:
        commands = {os.path.relpath(entry["file"], ROOT): entry["command"] for entry in json.load(text)}
    sources = sorted(path for path in commands if os.path.exists(os.path.join(ROOT, path)) and path.endswith(".cc")
                     and not path.startswith(("build", "cmake")) and locks(path))
    common = ["-std=gnu++20", "-Ulinux", f"-I{ROOT}", f"-I{BUILD}/generated", "-isystem", f"{BUILD}/generated"]
    heavy = precompiled(common)

    def check(path):
        own = [word for word in options(commands[path]) if word.startswith("-D") and not word.startswith("-D_FORTIFY")]
        command = [CLANG, *common, *own, "-include-pch", heavy, "-fsyntax-only", "-w", "-Wthread-safety",
                   "-Werror=thread-safety", os.path.join(ROOT, path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else done.stderr

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [text for text in pool.map(check, sources) if text]
    print(f"{len(sources)} sources that lock" if not complaints else "\n".join(complaints))
    return 1 if complaints else 0


sys.exit(main())
