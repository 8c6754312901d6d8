"""Two answers to a row, and what follows from them."""
import dataclasses
import difflib


@dataclasses.dataclass
class Verdict:
    good: bool
    note: str = ""  # behind the row's name
    text: str = ""  # what somebody who mends it wants to see
    second: bool = False  # from the answers to the second question


def differences(row, runc, kata):
    """Unified diffs of what the row compares; empty when the answers are equal."""
    parts = []
    for what in row.compare:
        one, other = (f"{getattr(answer, what)}" for answer in (runc, kata))
        if one != other:
            lines = difflib.unified_diff(one.splitlines(), other.splitlines(), f"{what} of runc", f"{what} of kata", lineterm="", n=3)
            parts.append("\n".join(lines) or f"{what}: only the end of the last line differs")
    return "\n".join(parts)


def both_streams(runc, kata):
    out = []
    for name, answer in (("runc", runc), ("kata", kata)):
        out.append(f"{name}: status {answer.status}")
        out += [f"{name}: stderr: {line}" for line in answer.stderr.splitlines()[-8:]]
    return "\n".join(out)


def judge_twice(row, first, second):
    """What follows from two pairs of answers. Only runc is forgiven a race: a kata that answers now so, now so, is wrong."""
    before, verdict = judge(row, *first), judge(row, *second)
    if not verdict.good:
        return dataclasses.replace(verdict, note=f"{verdict.note}, twice" if verdict.note else "twice", second=True)
    if not row.differs and is_same(row, first[0], second[0]):
        return Verdict(False, "kata's answer is not the same each time", before.text, second=True)
    return dataclasses.replace(verdict, note="differed the first time", text=before.text, second=True)


def is_same(row, one, other):
    return one.status == other.status and not differences(row, one, other)


def judge(row, runc, kata):
    if runc.problem:
        return Verdict(False, "runc's answer is no measure", f"runc: {runc.problem}\n{both_streams(runc, kata)}")
    if runc.status != row.status:
        wanted = f"the row expects {row.status} of runc, which ended with {runc.status} (the key `status` says what is right)"
        return Verdict(False, "the row is not what it says", f"{wanted}\n{runc.stdout}{both_streams(runc, kata)}")
    found = kata.problem or differences(row, runc, kata)
    if row.differs:
        if found:
            return Verdict(True, "differs as the table says")
        return Verdict(False, "it does not differ any more", "remove `differs` from the row, and its line from docs/limitations.md")
    if not found:
        return Verdict(True)
    return Verdict(False, "", f"{row.why}\n{found}\n{both_streams(runc, kata)}")
