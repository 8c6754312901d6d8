#!/usr/bin/env python3
"""sbom_check.py FOLDER: the SPDX document of a release is one by the specification's rules (SPDX 2.3, clauses 6, 7 and 11), and
says of every file what that file is."""

import hashlib
import json
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1])
(path,) = folder.glob("*.spdx.json")
document = json.loads(path.read_text())
faults = []


def expect(condition, what):
    if not condition:
        faults.append(what)


def matches(pattern, text):
    return isinstance(text, str) and re.fullmatch(pattern, text) is not None


IDENTIFIER = r"SPDXRef-[A-Za-z0-9.-]+"
KINDS = {"DESCRIBES", "CONTAINS", "STATIC_LINK", "DYNAMIC_LINK"}

expect(document["spdxVersion"] == "SPDX-2.3", "spdxVersion")
expect(document["dataLicense"] == "CC0-1.0", "dataLicense")
expect(document["SPDXID"] == "SPDXRef-DOCUMENT", "the document's id")
expect(matches(r"https?://[^\s#]+", document["documentNamespace"]), "documentNamespace")
expect(matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"]), "created")
expect(all(matches(r"(Person|Organization|Tool): .+", each) for each in document["creationInfo"]["creators"]), "creators")

packages = document["packages"]
identifiers = [each["SPDXID"] for each in packages]
expect(len(set(identifiers)) == len(identifiers), "two packages have the same id")
for each in packages:
    name = each.get("name", "?")
    expect(matches(IDENTIFIER, each["SPDXID"]), f"{name}: SPDXID")
    expect(each.get("versionInfo"), f"{name}: versionInfo")
    expect(each["downloadLocation"] in ("NONE", "NOASSERTION") or "://" in each["downloadLocation"], f"{name}: downloadLocation")
    expect(matches(r"(Person|Organization): .+|NOASSERTION", each["supplier"]), f"{name}: supplier")
    expect(each["filesAnalyzed"] is False, f"{name}: filesAnalyzed")
    for reference in each.get("externalRefs", []):
        expect(matches(r"pkg:deb/debian/[a-z0-9.+-]+@[A-Za-z0-9.+~%-]+\?arch=source", reference["referenceLocator"]), f"{name}: purl")

known = {*identifiers, "SPDXRef-DOCUMENT"}
relations = [(r["spdxElementId"], r["relationshipType"], r["relatedSpdxElement"]) for r in document["relationships"]]
for one, kind, other in relations:
    expect(one in known and other in known, f"{one} {kind} {other}: no such element")
    expect(kind in KINDS, f"{kind} is no relationship of ours")
related = {each for one, _, other in relations for each in (one, other)}
expect(known == related, f"nobody says what these are for: {known - related}")

by_name = {each["packageFileName"]: each for each in packages if "packageFileName" in each}
files = {each.name for each in folder.iterdir()} - {path.name, "SHA256SUMS"}
expect(set(by_name) == files, f"files that it has and the folder has not, or the other way round: {set(by_name) ^ files}")
for name in files & set(by_name):
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    expect(by_name[name]["checksums"] == [{"algorithm": "SHA256", "checksumValue": digest}], f"{name}: checksum")
    expect(("SPDXRef-DOCUMENT", "DESCRIBES", by_name[name]["SPDXID"]) in relations, f"{name} is not described")

names = {each["SPDXID"]: each["name"] for each in packages}


def inside(start, kind):
    return {names[other] for one, k, other in relations if k == kind and names.get(one, "").startswith(start)}


expect({"linux", "busybox", "glibc", "protobuf", "libseccomp"} <= inside("kata-guest_", "CONTAINS"), "what is in the guest")
expect({"nlohmann-json3", "protobuf"} <= inside("kata-runtime_", "STATIC_LINK"), "what is compiled into the runtime")
expect({"curl", "openssl", "glibc", "systemd"} <= inside("kata-deploy-", "CONTAINS"), "what the image brings along")
sys.exit("\n".join(faults) or 0)
