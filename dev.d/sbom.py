#!/usr/bin/env python3
"""sbom.py --version V --time SECONDS --build DIRECTORY FILE...: an SPDX 2.3 document of a release's files, on stdout.

What is in them comes from dpkg's data of this machine: source packages whose code is, as binaries, in the guest's image
(debian/built-using.sh); those whose headers or archives are compiled into the host's programs; and the packages of the shared
libraries that the programs load, which the image of kata-deploy brings along. The same input gives the same bytes.
"""

import argparse
import hashlib
import json
import pathlib
import re
import subprocess
import time
import urllib.parse

SOURCE = pathlib.Path(__file__).resolve().parent.parent
# Compiled into the programs of the host: docs/dependencies.md.
COMPILED_IN = ["libprotobuf-dev", "nlohmann-json3-dev", "libtomlplusplus-dev", "libcli11-dev", "libsystemd-dev"]
PROGRAMS = ["bin/kata-runtime", "bin/containerd-shim-kata-v2", "bin/kata-deploy"]
LOADED_BY_NAME = "libsystemd.so.0"
LICENCE = "Apache-2.0"


def said(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def source_of(*packages):
    """{(name, version)} of their source packages."""
    lines = said("dpkg-query", "--show", "--showformat", "${source:Package} ${source:Version}\n", *packages)
    return {tuple(line.split()) for line in lines.splitlines()}


def in_the_guest(build):
    environment = {"KATA_SOURCE": str(SOURCE), "KATA_BUILD_DIR": str(build.resolve())}
    command = ["env", *(f"{name}={value}" for name, value in environment.items()), str(SOURCE / "debian/built-using.sh")]
    return set(re.findall(r"(\S+) \(= (\S+)\)", said(*command)))


def libraries_of(program):
    """Files of shared libraries that it loads, with links resolved."""
    found = re.findall(r"(?:=> )?(/\S+) \(0x", said("ldd", str(program)))
    return {str(pathlib.Path(each).resolve()) for each in found}


def loaded_by_name():
    """The file of a library that programs load themselves, and those that it needs."""
    found = re.search(rf"{re.escape(LOADED_BY_NAME)} \(.*x86-64.*\) => (\S+)", said("ldconfig", "-p"))
    return {str(pathlib.Path(found[1]).resolve())} | libraries_of(found[1]) if found else set()


def owners(files):
    """{(name, version)} of the source packages that these files come from."""
    names = set()
    for each in files:
        # dpkg knows a file by the name that it was installed under, which /lib -> /usr/lib may hide.
        for name in (each, each.removeprefix("/usr")):
            answer = subprocess.run(["dpkg-query", "--search", name], capture_output=True, text=True)
            if answer.returncode == 0:
                names.add(answer.stdout.split(": ")[0])
                break
    return source_of(*sorted(names)) if names else set()


def identifier(*words):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", "-".join(words))


def of_debian(name, version):
    purl = f"pkg:deb/debian/{name}@{urllib.parse.quote(version, safe='')}?arch=source"
    return {
        "SPDXID": identifier("Debian", name, version),
        "name": name,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl},
        ],
    }


def of_release(path, version):
    return {
        "SPDXID": identifier("File", path.name),
        "name": path.name,
        "versionInfo": version,
        "packageFileName": path.name,
        "supplier": "Organization: kata-cpp",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": LICENCE,
        "copyrightText": "NOASSERTION",
        "checksums": [{"algorithm": "SHA256", "checksumValue": sha256(path)}],
    }


def parts_of(path, guest, compiled, loaded):
    """What a file of the release has in it: {(relationship, name, version)}."""
    inside = {("CONTAINS", *each) for each in guest}
    static = {("STATIC_LINK", *each) for each in compiled}
    if path.name.startswith("kata-guest_"):
        return inside
    if path.name.startswith(("kata-runtime_", "kata-deploy-tools_")):
        return static | {("DYNAMIC_LINK", *each) for each in loaded}
    if path.name.endswith(".oci.tar"):
        return inside | static | {("CONTAINS", *each) for each in loaded}
    if path.name.startswith("kata-static-"):
        return inside | static | {("DYNAMIC_LINK", *each) for each in loaded}
    return set()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", required=True)
    parser.add_argument("--time", type=int, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    files = sorted(options.files, key=lambda path: path.name)
    guest, compiled = in_the_guest(options.build), source_of(*COMPILED_IN)
    loaded = owners(loaded_by_name().union(*(libraries_of(options.build / each) for each in PROGRAMS)))

    packages = [of_release(path, options.version) for path in files]
    packages += [of_debian(*each) for each in sorted(guest | compiled | loaded)]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", identifier("File", path.name)) for path in files]
    for path in files:
        for kind, name, version in sorted(parts_of(path, guest, compiled, loaded)):
            relations.append((identifier("File", path.name), kind, identifier("Debian", name, version)))
    digest = hashlib.sha256("".join(sha256(path) for path in files).encode()).hexdigest()
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"kata-cpp-{options.version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/kata-cpp-{options.version}-{digest}",
        "creationInfo": {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(options.time)),
            "creators": ["Organization: kata-cpp", "Tool: kata-cpp-dev.d-sbom.py"],
        },
        "packages": packages,
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            for one, kind, other in relations
        ],
    }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
