#!/usr/bin/python3 -B
"""Sums what CTest ran: tally.py BUILD_FOLDER CTEST_JUNIT_FILE

One line for each program, `NAME: N passed, N failed`, and below it what failed. A Boost.Test program counts its
cases (BUILD_FOLDER/junit/NAME.xml), a Python check and the replay of a corpus the numbers of their own last line, an
example one.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

LAST_LINE = re.compile(r"^(\d+) passed, (\d+) failed\s*\Z", re.MULTILINE)
LINES_SHOWN = 60


def counts(case, said, folder):
    """(passed, failed) of one CTest case; a program that ends badly has at least one failure."""
    name = case.get("name")
    if case.find("skipped") is not None:
        return 0, 0
    went_well = case.get("status") == "run"
    passed, failed = (1, 0) if went_well else (0, 1)
    if name.startswith("test_"):
        try:
            suite = xml.parse(folder / "junit" / f"{name}.xml").getroot()
            suite = suite if suite.tag == "testsuite" else suite.find("testsuite")
            failed = int(suite.get("failures")) + int(suite.get("errors"))
            passed = int(suite.get("tests")) - failed
        except (OSError, xml.ParseError):
            passed, failed = 0, 1  # it died before it could report
    elif name.startswith(("cli_", "fuzz_")):
        last = LAST_LINE.search(said.strip())
        passed, failed = map(int, last.groups()) if last else (0, 1)
    if passed + failed == 0:
        failed = 1  # nothing was tested
    return passed, failed if went_well or failed else 1


def main():
    folder = pathlib.Path(sys.argv[1])
    red = False
    for case in xml.parse(sys.argv[2]).getroot().iter("testcase"):
        said = case.findtext("system-out") or ""
        passed, failed = counts(case, said, folder)
        red |= failed > 0
        print(f"{case.get('name')}: {passed} passed, {failed} failed")
        if passed + failed == 0:
            print(*(f"    {line}" for line in said.strip().splitlines()), sep="\n")  # why it was skipped
        if failed:
            said = said.strip() or f"it ended without a word; see {folder}/Testing/Temporary/LastTest.log"
            print(*(f"    {line}" for line in said.splitlines()[-LINES_SHOWN:]), sep="\n")
    return int(red)


sys.exit(main())
