#!/usr/bin/python3 -B
"""What is said on standard error while a run goes on, and what happens to a run that is interrupted."""
import json
import re
import signal
import subprocess
import sys
import time

from _harness import (CLI, FOLDER, check, contains, equal, lacks, leaked_key, main, on_terminal, run, surroundings)

# Slow enough to be watched on any machine: the oracle engine.
SLOW = ("--engine", "queue", "--threads", "1")


def slow_file():
    return leaked_key("slow.toml", devices=15_000)


def long_file():
    """Nobody waits for its end."""
    return leaked_key("long.toml", devices=400_000_000)


@check
def progress_appears_on_a_terminal_and_is_erased():
    said = on_terminal("simulate", slow_file(), *SLOW, out_is_terminal=False)
    lines = re.findall(r"\r  simulating ([ 0-9]{3}) %  ([0-9.]+) s(?:, ([0-9.]+) (?:s|min) left)?\x1b\[K", said.error)
    assert lines, repr(said.error)
    shares = [int(share) for share, _, _ in lines]
    equal(shares, sorted(shares))
    assert any(left for _, _, left in lines), lines
    after = said.error.rsplit("\r", 1)[1]
    assert re.fullmatch(r"\x1b\[K[0-9.]+ s, engine queue\n", after), repr(after)
    lacks(said.out, "simulating")


@check
def progress_is_drawn_at_most_ten_times_a_second():
    started = time.monotonic()
    said = on_terminal("simulate", slow_file(), *SLOW, out_is_terminal=False)
    seconds = time.monotonic() - started
    drawn = said.error.count("\r") - 1
    assert 0 < drawn <= seconds * 10 + 1, (drawn, seconds)


@check
def progress_fits_a_narrow_terminal():
    said = on_terminal("simulate", slow_file(), *SLOW, columns=40, out_is_terminal=False)
    drawn = [piece.split("\x1b")[0] for piece in said.error.split("\r")[1:]]
    assert drawn and max(map(len, drawn)) <= 39, drawn


@check
def a_dumb_terminal_gets_no_escape_sequences():
    said = on_terminal("simulate", slow_file(), *SLOW, env={"TERM": "dumb"})
    contains(said.error, "\r  simulating")
    lacks(said.error, "\x1b")


@check
def plan_tells_how_far_it_is_in_all_of_its_parts():
    said = on_terminal("plan", slow_file(), *SLOW, out_is_terminal=False)
    shares = [int(share) for share in re.findall(r"\r  planning ([ 0-9]{3}) %", said.error)]
    assert shares, repr(said.error)
    equal(shares, sorted(shares))
    assert said.error.endswith("\r\x1b[K"), repr(said.error[-80:])


@check
def there_is_no_progress_without_a_terminal():
    for command in ("simulate", "plan"):
        equal(run(command, slow_file(), *SLOW).error, "")


@check
def there_is_no_progress_when_it_is_not_wanted():
    for flag in ("--quiet", "--json"):
        for command in ("simulate", "plan"):
            said = on_terminal(command, slow_file(), *SLOW, flag, out_is_terminal=False)
            equal(said.error, "")


def interrupted(*words, signals=1, delay=1.0):
    """Starts the command, interrupts it when it is at work, and gives it time to say what it has."""
    child = subprocess.Popen([CLI, *map(str, words)], cwd=FOLDER, env=surroundings(), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(signals):
        time.sleep(delay)
        child.send_signal(signal.SIGINT)
    out, error = child.communicate(timeout=300)
    return child.returncode, out.decode(), error.decode()


@check
def an_interrupted_simulation_writes_what_it_has_and_marks_it():
    for engine in ("devices", "queue"):
        devices = leaked_key("shorter.toml", devices=1_000_000) if engine == "queue" else long_file()
        for delay in (3.0, 12.0, 48.0):  # a slow build takes long until it has counted anything
            code, out, error = interrupted("simulate", devices, "--engine", engine, "--json", delay=delay)
            equal([code, error], [130, ""])
            said = json.loads(out)
            equal(said["partial"], True)
            equal(list(said)[:3], ["format_version", "scenario", "seed"])
            if said["metrics"]["connections.attempts"] > 0:
                break
        assert said["metrics"]["connections.attempts"] > 0


@check
def an_interrupted_simulation_says_so_first():
    code, out, error = interrupted("simulate", long_file())
    equal([code, error], [130, ""])
    equal(out.splitlines()[0], "Interrupted. Partial: only what was finished is counted, all numbers are too low.")


@check
def an_interrupted_plan_has_no_answer():
    code, out, error = interrupted("plan", long_file())
    equal([code, error], [130, ""])
    contains(out, "  Interrupted: no answer.\n  Partial: ")
    lacks(out, "Earliest safe date")
    lacks(out, "within budget")
    code, out, error = interrupted("plan", long_file(), "--json")
    equal([code, error], [130, ""])
    said = json.loads(out)
    equal([said["answer"], said["partial"]], [{"kind": "censored", "date": None, "day": None}, True])


@check
def an_uninterrupted_run_is_not_partial():
    for command in ("simulate", "plan"):
        lacks(run(command, leaked_key(devices=500), "--json").out, "partial")


@check
def the_progress_line_of_an_interrupted_run_is_erased():
    said = on_terminal("simulate", long_file(), out_is_terminal=False, interrupt_after=b"simulating")
    equal(said.code, 130)
    assert re.search(r"\r\x1b\[K[0-9.]+ s, engine devices\n$", said.error), repr(said.error[-80:])


@check
def a_plan_interrupted_after_its_answer_keeps_the_answer():
    said = on_terminal("plan", leaked_key(), "--threads", "1", out_is_terminal=False, interrupt_after=b"what would help")
    equal(said.code, 130)
    contains(said.out, "Earliest safe date to delete k1: ")
    contains(said.out, "Next: cryptoperiod simulate ")
    lacks(said.out, "What would help most")


@check
def a_second_interruption_kills():
    # So many opens that the first one is not looked at for a long time.
    busy = leaked_key("busy.toml", devices=400_000_000, changes=[("opens_per_day = 1.2", "opens_per_day = 200")])
    started = time.monotonic()
    code, out, error = interrupted("simulate", busy, "--threads", "1", signals=2)
    assert time.monotonic() - started < 20
    equal([code, out, error], [-signal.SIGINT, "", ""])


sys.exit(main())
