"""The table: rows/AREA.toml, an array of [[row]]. README.md says what the keys mean."""
import dataclasses
import fnmatch
import pathlib
import re
import tomllib

ROWS = pathlib.Path(__file__).resolve().parent.parent / "rows"
COMPARED = {"stdout", "stderr", "status"}


class Wrong(Exception):
    """The table itself is wrong."""


@dataclasses.dataclass(frozen=True)
class Row:
    area: str
    name: str
    why: str
    prepare: str = ""
    config: str = ""
    run: str = ""
    steps: str = ""
    status: int = 0
    compare: tuple = ("stdout", "status")
    needs: tuple = ()
    alone: bool = False
    differs: str = ""

    @property
    def plain(self):
        """Nothing but one run of one container, which a pod's machine can do as well."""
        return not self.steps and not self.alone


def read_row(area, entry):
    fields = {field.name: field for field in dataclasses.fields(Row) if field.name != "area"}
    name = entry.get("name", "")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise Wrong(f"rows/{area}.toml: the name {name!r} is not kebab-case")
    place = f"rows/{area}.toml: {name}"
    for key, value in entry.items():
        if key not in fields:
            raise Wrong(f"{place}: there is no key {key!r}; there are {', '.join(fields)}")
        kind = list if fields[key].type is tuple else fields[key].type
        if not isinstance(value, kind) or (kind is list and not all(isinstance(each, str) for each in value)):
            raise Wrong(f"{place}: {key} is not a {'list of strings' if kind is list else kind.__name__}")
    row = Row(area, **{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})
    if not row.why.strip().endswith("."):
        raise Wrong(f"{place}: why is not a sentence")
    if not set(row.compare) <= COMPARED or not row.compare:
        raise Wrong(f"{place}: compare is some of {', '.join(sorted(COMPARED))}")
    if not (row.run or row.steps or ".args" in row.config):
        raise Wrong(f"{place}: nothing is run")
    return row


def load():
    """Every row, by area and then as the file has them."""
    rows, seen = [], {}
    for path in sorted(ROWS.glob("*.toml")):
        try:
            document = tomllib.loads(path.read_text())
        except tomllib.TOMLDecodeError as error:
            raise Wrong(f"rows/{path.name}: {error}") from error
        if set(document) != {"row"}:
            raise Wrong(f"rows/{path.name}: only [[row]] is known")
        for entry in document["row"]:
            row = read_row(path.stem, entry)
            if row.name in seen:
                raise Wrong(f"rows/{path.name}: {row.name} is in rows/{seen[row.name]}.toml already")
            seen[row.name] = path.stem
            rows.append(row)
    return rows


def choose(rows, patterns):
    if not patterns:
        return rows
    chosen = []
    for pattern in patterns:
        found = [row for row in rows if fnmatch.fnmatch(row.name, pattern) or pattern in (row.area, f"{row.area}/{row.name}")]
        if not found:
            raise Wrong(f"no row and no area is called {pattern!r} (conformance.py list prints all)")
        chosen += [row for row in found if row not in chosen]
    return chosen
