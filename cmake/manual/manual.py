#!/usr/bin/env python3
"""manual.py man|completion PROGRAM TEXT|- VERSION: a program's man page or bash completion, on stdout.

Both come from what the program itself prints for --help and for each of its commands, so they cannot go stale. TEXT is
the rest of the man page, in roff: a line "@OPTIONS@" stands for the program's options and "@COMMANDS@" for its commands.
"""
import pathlib
import re
import subprocess
import sys

COLUMN = 30  # where CLI11 begins descriptions
SHELL_NAME = re.compile(r"[\w-]+")


class Help:
    """What one --help says: a summary, its usage, and entries (names, description) by section."""

    def __init__(self, text):
        self.summary, self.usage, self.sections = "", "", {}
        entries = None
        for line in text.splitlines():
            header = re.fullmatch(r"([A-Z]\w*):\s*", line)
            if header:
                entries = self.sections.setdefault(header[1].lower(), [])
            elif line.startswith("Usage"):
                self.usage = line.partition(":")[2].strip()
                entries = self.sections.setdefault("options", []) if "flags" in line else None
            elif entries is None:
                self.summary = self.summary or line.strip()
            elif re.match(r" {10}| {4}\t", line) and entries:
                entries[-1][1] = f"{entries[-1][1]} {line.strip()}".strip()
            elif line.startswith("  "):
                entries.append(self.entry(line))

    @staticmethod
    def entry(line):
        name, description = line[:COLUMN], line[COLUMN:]
        whole = not name.endswith(" ") or line.strip().startswith("-") and " string" in line
        return [line.strip(), ""] if whole else [name.strip(), description.strip()]

    def of(self, section):
        return self.sections.get(section, [])

    def options(self):
        """Every way to write an option."""
        return [word for names, _ in self.of("options") for word in re.findall(r"(?<![\w-])--?\w[\w-]*", names)]


def ask(program, *words):
    done = subprocess.run([program, *words, "--help"], stdout=subprocess.PIPE, check=True, text=True, timeout=60)
    return Help(done.stdout)


def commands_of(program, above, *words):
    """(words of the command, its aliases, its help), depth first."""
    for names, _ in above.of("subcommands"):
        name, *aliases = names.split(", ")
        told = ask(program, *words, name)
        yield (*words, name), aliases, told
        yield from commands_of(program, told, *words, name)


def roff(text):
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def entries(pairs):
    out = []
    for names, description in pairs:
        out += [".TP", f".B {roff(names)}", roff(description) or r"\&"]
    return out


def command_page(words, aliases, told):
    out = [f'.SS "{roff(" ".join(words))}"', ".B " + roff(told.usage), ".PP"]
    summary = told.summary[:1].upper() + told.summary[1:]
    out.append(roff(f"{summary}." + (f" Also called {', '.join(aliases)}." if aliases else "")))
    own = [pair for pair in told.of("options") if "--help" not in pair[0]]
    return out + entries(told.of("positionals")) + entries(own)


def man(program, text, version):
    name = pathlib.Path(program).name
    top = ask(program)
    parts = {
        "@OPTIONS@": entries(top.of("options")),
        "@COMMANDS@": [line for each in commands_of(program, top) for line in command_page(*each)],
    }
    out = [f'.TH {roff(name.upper())} 8 "" "kata\\-cpp {version}" "System administration"']
    for line in pathlib.Path(text).read_text(encoding="utf-8").splitlines():
        out += parts.get(line, [line])
    return out


def own_words(words, told):
    """What may stand in the place of a command's first word: an expression for bash."""
    if words[-1] in ("create", "run"):
        return ""  # the id is a new one
    first = (told.of("positionals") or [["", ""]])[0]
    subcommands = [names.split(", ")[0] for names, _ in told.of("subcommands")]
    if subcommands:
        return " ".join(subcommands)
    if first[0].split(" ")[0] == "id":
        return "$(kata-runtime list --quiet 2>/dev/null)"
    if first[0].split(" ")[0] == "engine":
        return " ".join(SHELL_NAME.findall(first[1].replace(" or ", " ")))
    return "$commands" if first[0].split(" ")[0] == "command" else ""


def completion(program):
    top = ask(program)
    all_commands = [each for each in commands_of(program, top) if len(each[0]) == 1]
    names = [name for words, aliases, _ in all_commands for name in (*words, *aliases)]
    out = [
        "# bash completion for kata-runtime; generated from its --help.",
        "_kata_runtime() {",
        '  local current=${COMP_WORDS[COMP_CWORD]} command="" options="" words="" word',
        f'  local commands="{" ".join(names)}"',
        '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
        '    if [[ " $commands " == *" $word "* ]]; then command=$word; break; fi',
        "  done",
        "  case $command in",
        f'    "") options="{" ".join(top.options())}" words=$commands ;;',
    ]
    for words, aliases, told in all_commands:
        out.append(f'    {" | ".join((*words, *aliases))}) options="{" ".join(told.options())}" words="{own_words(words, told)}" ;;')
    out += [
        "  esac",
        '  if [[ $current == -* ]]; then words=$options; fi',
        '  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")',
        "}",
        "complete -o default -F _kata_runtime kata-runtime",
    ]
    return out


def main():
    what, program, text, version = sys.argv[1:]
    print("\n".join(man(program, text, version) if what == "man" else completion(program)))


main()
