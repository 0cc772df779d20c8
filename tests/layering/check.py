#!/usr/bin/python3 -B
"""Who may include what: rooms only the rooms above them, each third-party package only its own place; and
which names reach the users: the umbrella has every header, macros are ours.

Usage: check.py [--root FOLDER]     one line a check, and below a failed one: file:line: what and why
       check.py --fix-umbrella      writes include/cryptoperiod/cryptoperiod.hpp anew
       check.py --self-test         plants breaches in a scratch tree; each must be found
"""
import argparse
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from report import report  # noqa: E402

# A room includes itself and the rooms before it.
ROOMS = ("core fsm crypto check store iam kms vault settings credentials device instance service fleet "
         "adapters").split()

# In include/: a package, and the room or the one file that may include it. Boost's other headers are free.
PINNED = {
    "cryptopp/": "crypto/",
    "boost/msm/": "fsm/machine.hpp",
    "boost/context/": "check/simulation.hpp",
    "boost/math/": "fleet/retirement.hpp",
    "boost/test/": None,
    "cereal/": "store/record.hpp",
    "immintrin.h": "core/lanes.hpp",
    "nlohmann/": "core/json.hpp",
}
# What else of the operating system one file may include.
SYSTEM = {"crypto/entropy.hpp": ("sys/mman.h", "sys/random.h", "unistd.h")}
# Elsewhere: only the simulator and its own tests know these; the vectors are JSON. Others take core/json.hpp.
SIMULATOR_ONLY = ("toml++/", "CLI/", "fmt/", "nlohmann/")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
UMBRELLA = "include/cryptoperiod/cryptoperiod.hpp"


def includes(file):
    """(line number, path as written, '<' or '"') of every include."""
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if found := INCLUDE.match(line):
            yield number, found[2], found[1]


def sources(folder):
    return sorted(f for f in folder.rglob("*") if f.suffix in (".hpp", ".ipp", ".cpp"))


def room_of(path):
    """Room of a path below include/cryptoperiod; '' for a file at its top."""
    return path.split("/")[0] if "/" in path else ""


def why_not_own(room, target, own):
    """Why a file of `room` may not include cryptoperiod/`target`; None when it may."""
    if not (own / target).is_file():
        return "there is no such header"
    other = room_of(target)
    if other == "":
        return "the umbrella is for users of the library" if target == "cryptoperiod.hpp" else None
    if other not in ROOMS:
        return None  # reported once, by `rooms`
    if ROOMS.index(other) > ROOMS.index(room):
        return f"{room} may not include {other}, a room below it"
    return None


def why_not_foreign(here, target):
    """Why include/cryptoperiod/`here` may not include <`target`>; None when it may."""
    if target == "iostream":
        return "costs every user its static initialisation; the simulator prints, the library does not"
    for package, place in PINNED.items():
        if target.startswith(package):
            if place and (here == place or place.endswith("/") and here.startswith(place)):
                return None
            return f"only {place or 'tests'} may include <{package}>"
    standard = re.fullmatch(r"[a-z_0-9]+", target)
    if standard or target.startswith("boost/") or here.startswith("adapters/") or target in SYSTEM.get(here, ()):
        return None
    return "no room but adapters may include this package"


def check_rooms(root):
    own = root / "include/cryptoperiod"
    for folder in sorted(f for f in own.iterdir() if f.is_dir() and sources(f)):
        if folder.name not in ROOMS:
            yield f"{folder.relative_to(root)}: not in the list of rooms"


def check_room_includes(root):
    own = root / "include/cryptoperiod"
    for file in sources(own):
        here = file.relative_to(own).as_posix()
        room = room_of(here)
        if room not in ROOMS:
            continue
        for number, target, quote in includes(file):
            if quote == '"':
                beside = (file.parent / target).resolve()
                if not beside.is_relative_to(own.resolve()):
                    yield f"{file.relative_to(root)}:{number}: {target}: there is no such header"
                    continue
                target = "cryptoperiod/" + beside.relative_to(own.resolve()).as_posix()
            if target.startswith("cryptoperiod/"):
                why = why_not_own(room, target.removeprefix("cryptoperiod/"), own)
            else:
                why = None
            if why:
                yield f"{file.relative_to(root)}:{number}: {target}: {why}"


def check_packages(root):
    own = root / "include/cryptoperiod"
    for file in sources(own):
        for number, target, quote in includes(file):
            if quote == "<" and not target.startswith("cryptoperiod/"):
                if why := why_not_foreign(file.relative_to(own).as_posix(), target):
                    yield f"{file.relative_to(root)}:{number}: <{target}>: {why}"
    for place in ("simulator", "examples", "tests"):
        for file in sources(root / place):
            here = file.relative_to(root).as_posix()
            for number, target, _ in includes(file):
                if target.startswith("boost/test/") and place == "simulator":
                    yield f"{here}:{number}: <{target}>: only tests, and examples of tests, may include it"
                if target.startswith("nlohmann/") and here.startswith("tests/vectors/"):
                    continue
                if target.startswith(SIMULATOR_ONLY) and not here.startswith(("simulator/", "tests/simulator/")):
                    yield f"{here}:{number}: <{target}>: only the simulator may include it"


def umbrella(root):
    """The text that cryptoperiod.hpp must have: every header of every room but adapters, in room order."""
    own = root / "include/cryptoperiod"
    blocks = ["#include <cryptoperiod/version.hpp>"]
    for room in ROOMS[:ROOMS.index("adapters")]:
        headers = sorted(h.relative_to(own).as_posix() for h in (own / room).rglob("*.hpp"))
        if headers:
            blocks.append("\n".join(f"#include <cryptoperiod/{h}>" for h in headers))
    return ("/// @file cryptoperiod.hpp\n"
            "/// Every public header, in the order of the rooms; adapters are included one by one.\n"
            "#pragma once\n\n" + "\n\n".join(blocks) + "\n")


def check_umbrella(root):
    file = root / UMBRELLA
    have = file.read_text() if file.is_file() else ""
    want = umbrella(root)
    if have == want:
        return
    have_lines, want_lines = have.splitlines(), want.splitlines()
    yield f"{UMBRELLA} is not what tests/layering/check.py --fix-umbrella writes"
    for line in want_lines:
        if line not in have_lines:
            yield f"lacks {line}"
    for line in have_lines:
        if line not in want_lines:
            yield f"must not have {line}"


def check_macros(root):
    """Macros reach every file of every user: each carries our name, or ends where it began."""
    for file in sources(root / "include/cryptoperiod"):
        text = file.read_text()
        undefined = re.findall(r"^\s*#\s*undef\s+(\w+)", text, re.MULTILINE)
        for number, line in enumerate(text.splitlines(), 1):
            found = re.match(r"\s*#\s*define\s+(\w+)", line)
            if found and not found[1].startswith("CRYPTOPERIOD_") and found[1] not in undefined:
                yield f"{file.relative_to(root)}:{number}: {found[1]} does not start with CRYPTOPERIOD_"


CHECKS = {
    "rooms": check_rooms,
    "room_includes": check_room_includes,
    "packages": check_packages,
    "macros": check_macros,
    "umbrella": check_umbrella,
}

# (check that must find it, file, text of the file, words of the finding)
BREACHES = [
    ("rooms", "include/cryptoperiod/cellar/wine.hpp", "", "not in the list"),
    ("room_includes", "include/cryptoperiod/core/a.hpp", "#include <cryptoperiod/fsm/b.hpp>\n", "a.hpp:1:"),
    ("room_includes", "include/cryptoperiod/core/a.hpp", '#include "../fsm/b.hpp"\n', "core may not include fsm"),
    ("room_includes", "include/cryptoperiod/core/a.ipp", "#include <cryptoperiod/fsm/b.hpp>\n", "a.ipp:1:"),
    ("room_includes", "include/cryptoperiod/fsm/sub/c.hpp", "#include <cryptoperiod/iam/i.hpp>\n",
     "fsm may not include iam"),
    ("room_includes", "include/cryptoperiod/fsm/b.hpp", "\n# include <cryptoperiod/core/none.hpp>\n", "no such"),
    ("room_includes", "include/cryptoperiod/fsm/b.hpp", "#include <cryptoperiod/cryptoperiod.hpp>\n", "umbrella"),
    ("packages", "include/cryptoperiod/core/a.hpp", "#include <cryptopp/sha.h>\n", "only crypto/"),
    ("packages", "include/cryptoperiod/fsm/b.hpp", "#include <boost/msm/back/tools.hpp>\n", "only fsm/machine.hpp"),
    ("packages", "include/cryptoperiod/fsm/b.hpp", "#include <boost/test/unit_test.hpp>\n", "only tests"),
    ("packages", "include/cryptoperiod/iam/i.hpp", "#include <nlohmann/json.hpp>\n", "only core/json.hpp"),
    ("packages", "include/cryptoperiod/core/a.hpp", "#include <iostream>\n", "static initialisation"),
    ("packages", "include/cryptoperiod/core/a.hpp", "#include <fmt/format.h>\n", "no room but adapters"),
    ("packages", "include/cryptoperiod/iam/i.hpp", "#include <sqlite3.h>\n", "no room but adapters"),
    ("packages", "include/cryptoperiod/crypto/mac.hpp", "#include <unistd.h>\n", "no room but adapters"),
    ("packages", "tests/vectors/v.cpp", "#include <fmt/format.h>\n", "only the simulator"),
    ("packages", "tests/core/a_test.cpp", "#include <nlohmann/json.hpp>\n", "only the simulator"),
    ("packages", "simulator/main.cpp", "#include <boost/test/unit_test.hpp>\n", "only tests"),
    ("packages", "tests/core/a_test.cpp", "#include <toml++/toml.h>\n", "only the simulator"),
    ("macros", "include/cryptoperiod/core/a.ipp", "#  define MAX(a, b) 1\n", "a.ipp:1: MAX"),
    ("umbrella", "include/cryptoperiod/core/new.hpp", "", "lacks #include <cryptoperiod/core/new.hpp>"),
    ("umbrella", UMBRELLA, "#include <cryptoperiod/adapters/sqlite.hpp>\n", "must not have"),
]
SOUND = {
    "include/cryptoperiod/version.hpp": "",
    "include/cryptoperiod/core/a.hpp": "#include <boost/system/result.hpp>\n#include <cstdint>\n",
    "include/cryptoperiod/core/json.hpp": "#include <nlohmann/json.hpp>\n",
    "include/cryptoperiod/fsm/b.hpp": '#include <cryptoperiod/core/a.hpp>\n#include "b.ipp"\n',
    "include/cryptoperiod/fsm/b.ipp": "",
    "include/cryptoperiod/fsm/machine.hpp": "#include <boost/msm/back/state_machine.hpp>\n",
    "include/cryptoperiod/iam/i.hpp": "#include <cryptoperiod/version.hpp>\n",
    "include/cryptoperiod/crypto/entropy.hpp": "#include <unistd.h>\n",
    "include/cryptoperiod/crypto/md5.hpp": "#define WEAK 1\n#include <cryptopp/md5.h>\n#undef WEAK\n",
    "include/cryptoperiod/crypto/mac.hpp": "#include <cryptopp/hmac.h>\n",
    "include/cryptoperiod/adapters/sqlite.hpp": "#include <sqlite3.h>\n",
    "simulator/main.cpp": "#include <toml++/toml.h>\n#include <iostream>\n",
    "tests/core/a_test.cpp": "#include <boost/test/unit_test.hpp>\n",
    "examples/02_test/main.cpp": "#include <boost/test/unit_test.hpp>\n",
    "tests/simulator/s_test.cpp": "#include <nlohmann/json.hpp>\n",
    "tests/vectors/v.cpp": "#include <nlohmann/json.hpp>\n",
    "examples/01_a/main.cpp": "#include <cryptoperiod/cryptoperiod.hpp>\n",
}


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def found_in_scratch_tree(planted):
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        for path, text in SOUND.items():
            write(root, path, text)
        write(root, UMBRELLA, umbrella(root))
        if planted:
            write(root, *planted)
        return {name: list(check(root)) for name, check in CHECKS.items()}


def self_test():
    sound = [f for findings in found_in_scratch_tree(None).values() for f in findings]
    yield "self_test_sound_tree", sound
    missed = []
    for name, path, text, words in BREACHES:
        findings = found_in_scratch_tree((path, text))[name]
        if not any(words in finding for finding in findings):
            missed.append(f"{name} misses {path} with {text!r}: {findings}")
    yield "self_test_planted_breaches", missed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--fix-umbrella", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.fix_umbrella:
        write(options.root, UMBRELLA, umbrella(options.root))
        return 0
    if options.self_test:
        return report(self_test())
    return report((name, check(options.root)) for name, check in CHECKS.items())


sys.exit(main())
