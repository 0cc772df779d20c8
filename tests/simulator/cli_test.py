#!/usr/bin/python3 -B
"""The command line itself: flags, help, suggestions, exit codes of wrong calls, colours, streams that fail."""
import os
import pathlib
import re
import sys

from _harness import (CLI, FOLDER, check, contains, equal, expect, lacks, leaked_key, main, on_terminal, refuses, run, screen_of,
                      shell, write)

LIBRARY = pathlib.Path(__file__).resolve().parents[2] / "include"
MACHINES = ["key", "registration", "notice", "api_key", "provisioning", "device_registration", "credential_set", "rotation"]
COMMANDS = (["simulate"], ["plan"], ["scenario", "init"], ["scenario", "validate"], ["diagram"])


@check
def every_help_ends_with_an_example():
    for words in ([], ["scenario"], *COMMANDS):
        said = expect(0, *words, "--help")
        equal(said.error, "")
        last = said.out.rstrip().splitlines()[-1]
        assert last.startswith("  cryptoperiod "), last
        contains(said.out, "Example:\n")
        lacks(said.out, "\n\n\n")
        equal([line for line in said.out.splitlines() if len(line) > 100], [])


@check
def help_followed_by_a_command_is_the_help_of_the_command():
    for words in ([], ["scenario"], *COMMANDS):
        equal(expect(0, "help", *words).out, expect(0, *words, "--help").out)
    equal(expect(0, "--color", "never", "help", "plan", "--quiet").out, expect(0, "plan", "--help").out)
    refuses("there is no command 'pln'", "did you mean 'plan'?", "help", "pln")
    refuses("there is no command 'frobnicate'", "choose one of: simulate, plan, scenario, diagram", "help", "frobnicate")
    refuses("scenario: there is no command 'plan'", "choose one of: init, validate", "help", "scenario", "plan")
    refuses("plan: there is no command 'x.toml'", "see: cryptoperiod plan --help", "help", "plan", "x.toml")


@check
def help_wins_over_what_is_missing():
    equal(expect(0, "plan", "--help").out, expect(0, "plan", "-h").out)


@check
def the_help_lists_every_flag_of_a_command():
    for command in ("simulate", "plan"):
        text = expect(0, command, "--help").out
        for flag in ("--json", "--seed", "--threads", "--engine", "--isa", "--quiet", "--color"):
            contains(text, flag)
    for flag in ("--max-broken", "--confidence", "--set"):
        contains(expect(0, "plan", "--help").out, flag)


@check
def the_help_of_a_command_that_runs_nothing_does_not_tell_how_to_run():
    lacks(expect(0, "diagram", "--help").out, "--threads")


@check
def common_flags_are_taken_by_every_command_before_and_after_it():
    flags = ["--seed", "3", "--threads", "1", "--engine", "queue", "--isa", "portable", "--quiet", "--color", "never"]
    file = leaked_key(devices=200)
    for command, code in ((["simulate", file], 1), (["plan", file], 4), (["scenario", "validate", file], 0),
                          (["scenario", "init"], 0), (["diagram"], 0)):
        usual = expect(code, *command, *flags).out
        equal(expect(code, *flags, *command).out, usual)
        equal(expect(code, command[0], *flags, *command[1:]).out, usual)


@check
def version_is_printed():
    equal(expect(0, "--version").out, "cryptoperiod 0.1.0\n")


@check
def version_as_json_names_the_libraries_before_and_after():
    for words in (["--version", "--json"], ["--json", "--version"]):
        equal(list(expect(0, *words).json["libraries"]), ["boost", "cli11", "fmt", "nlohmann_json", "tomlplusplus"])


@check
def misspelt_commands_are_guessed():
    refuses("there is no command 'simulat'", "did you mean 'simulate'?", "simulat", "x.toml")
    refuses("there is no command 'frobnicate'", "choose one of: simulate, plan, scenario, diagram", "frobnicate")
    refuses("scenario: there is no command 'vlidate'", "did you mean 'validate'?", "scenario", "vlidate", "x.toml")


@check
def misspelt_flags_are_guessed():
    refuses("plan: there is no flag '--sed'", "did you mean '--seed'?", "plan", "--sed", "3", "x.toml")
    refuses("simulate: there is no flag '--jsn'", "did you mean '--json'?", "simulate", "x.toml", "--jsn")
    refuses("plan: there is no flag '--max-brokn'", "did you mean '--max-broken'?", "plan", "x.toml", "--max-brokn=1%")
    refuses("plan: there is no flag '-q'", "see: cryptoperiod plan --help", "plan", "-q")
    refuses("there is no flag '--verion'", "did you mean '--version'?", "--verion")


@check
def misspelt_choices_are_guessed():
    file = leaked_key()
    refuses("--engine: there is no 'quue'", "did you mean 'queue'? choose one of: auto, queue, devices",
            "plan", file, "--engine", "quue")
    refuses("--isa: there is no 'sse'", "choose one of: portable, avx2, avx512", "plan", file, "--isa", "sse")
    refuses("--color: there is no 'alway'", "did you mean 'always'? choose one of: auto, always, never",
            "plan", file, "--color", "alway")
    refuses("--format: there is no 'dott'", "did you mean 'dot'? choose one of: mermaid, dot, markdown",
            "diagram", "rotation", "--format=dott")
    refuses("diagram: there is no machine 'rotatoin'", "did you mean 'rotation'? choose one of: " + ", ".join(MACHINES),
            "diagram", "rotatoin")


@check
def missing_words_are_named():
    refuses("a command is missing", "choose one of: simulate, plan, scenario, diagram; see: cryptoperiod --help")
    refuses("a command is missing", "choose one of: scenario init, scenario validate", "scenario")
    for words in (["plan"], ["simulate"], ["scenario", "validate"]):
        refuses(f"{words[-1]}: a scenario file is missing", "write one with: cryptoperiod scenario init rotation.toml", *words)
    refuses("--seed needs a value", "see: cryptoperiod plan --help", "plan", leaked_key(), "--seed")


@check
def words_too_many_are_named():
    refuses("plan: 'b.toml' is one word too many", "see: cryptoperiod plan --help", "plan", "a.toml", "b.toml")
    refuses("init: 'b' is one word too many", "see: cryptoperiod scenario init --help", "scenario", "init", "a", "b")


@check
def numbers_that_are_none_are_refused():
    for word in ("abc", "-1", "1.5", "18446744073709551616", "", "0x1", " 1"):
        refuses(f"--seed: '{word}' is not a whole number from 0 to 18446744073709551615", "write it like --seed 7",
                "diagram", f"--seed={word}" if word else "--seed", *([] if word else [""]))
    refuses("--threads: '257' is not a whole number from 0 to 256", "write it like --threads 7", "diagram", "--threads", "257")


@check
def a_flag_given_twice_counts_the_last_time():
    file = leaked_key(devices=200)
    equal(run("simulate", file, "--seed", "1", "--seed", "2").out, run("simulate", file, "--seed", "2").out)


@check
def the_seed_comes_from_the_flag_or_the_environment_or_is_zero():
    file = leaked_key(devices=200)
    seed = lambda *words, **env: run("simulate", file, "--json", *words, env=env).json["seed"]  # noqa: E731
    equal(seed(), 0)
    equal(seed(CRYPTOPERIOD_SEED="7"), 7)
    equal(seed("--seed", "8", CRYPTOPERIOD_SEED="7"), 8)
    equal(run("--seed", "9", "simulate", file, "--json", env={"CRYPTOPERIOD_SEED": "7"}).json["seed"], 9)
    equal(seed("--seed", "18446744073709551615"), 2**64 - 1)
    refuses("CRYPTOPERIOD_SEED: 'x' is not a whole number from 0 to 18446744073709551615", "it is set in the environment: CRYPTOPERIOD_SEED=7, or unset it",
            "simulate", file, env={"CRYPTOPERIOD_SEED": "x"})


@check
def a_file_may_be_called_like_a_command_or_a_flag():
    leaked_key("plan", devices=200)
    equal(run("simulate", "plan").code, 1)
    leaked_key("-x", devices=200)
    equal(run("simulate", "--", "-x").code, 1)


@check
def standard_input_is_no_scenario_and_says_so():
    said = expect(2, "plan", "-")
    contains(said.error, "a scenario is not read from standard input")
    contains(said.error, "write it to a file and name that")


@check
def an_empty_file_name_is_called_that():
    for command in (["plan"], ["simulate"], ["scenario", "validate"]):
        equal(expect(2, *command, "").error, "'': error: the name of the file is empty\n"
              "  name a scenario; 'cryptoperiod scenario init' writes a first one\n1 error\n")
    refuses("init: the name of the file is empty", "name a new file: rotation.toml", "scenario", "init", "")


@check
def what_is_no_regular_file_is_refused_before_it_is_opened():
    os.mkfifo(FOLDER / "pipe.toml")
    for command in (["plan"], ["simulate"], ["scenario", "validate"]):
        equal(expect(2, *command, "pipe.toml", timeout=10).error, "pipe.toml: error: this is a pipe, not a file\n"
              "  write what it gives to a file and name that\n1 error\n")
    contains(expect(2, "plan", "/dev/zero", timeout=10).error, "/dev/zero: error: this is not a regular file\n")
    contains(shell('"$CLI" plan <(sleep 5)').error, "this is a pipe, not a file")
    contains(shell('sleep 5 | "$CLI" plan /dev/stdin').error, "/dev/stdin: error: this is a pipe, not a file")
    equal(shell(f'"$CLI" scenario validate /dev/stdin < {leaked_key()}').code, 0)


@check
def a_missing_file_is_wrong_input():
    for command in ("plan", "simulate"):
        said = expect(2, command, "nowhere.toml")
        equal(said.out, "")
        contains(said.error, "nowhere.toml: error: there is no such file")


@check
def instructions_that_the_processor_lacks_are_wrong_input():
    best = expect(0, "--version", "--json").json["isa"]
    if best == "avx512":
        return
    said = expect(2, "simulate", leaked_key(devices=200), "--isa", "avx512")
    contains(said.error, "this processor has no avx512")


@check
def init_writes_a_scenario_that_is_valid_and_tells_what_next():
    said = expect(0, "scenario", "init", "new.toml")
    equal(said.out, "wrote new.toml\nNext: cryptoperiod plan new.toml\n      cryptoperiod simulate new.toml\n")
    equal((FOLDER / "new.toml").read_text(), expect(0, "scenario", "init").out)
    equal(expect(0, "scenario", "validate", "new.toml").error, "")


@check
def init_never_overwrites():
    write("mine.toml", "mine")
    refuses("mine.toml exists already", "choose another name, or remove it first", "scenario", "init", "mine.toml")
    equal((FOLDER / "mine.toml").read_text(), "mine")
    refuses("no/where.toml cannot be written: No such file or directory", "choose another place", "scenario", "init",
            "no/where.toml")


@check
def init_as_json():
    equal(expect(0, "scenario", "init", "j.toml", "--json").json, {"format_version": "1.0", "file": "j.toml"})
    contains(expect(0, "scenario", "init", "--json").json["text"], "format = 1")


@check
def validate_tells_good_from_bad_and_checks_all():
    good, bad = leaked_key("good.toml"), write("bad.toml", "format = 1\n")
    said = expect(2, "scenario", "validate", bad, good)
    equal(said.out, f"✓ {good}: 20,000 devices, 2 versions, 2 credential sets, 720 days from 2026-01-05\n")
    contains(said.error, "bad.toml")
    equal(expect(0, "scenario", "validate", good).error, "")


@check
def validate_as_json_lists_what_is_wrong():
    write("typo.toml", (leaked_key("good.toml").read_text()).replace("opens_per_day", "opens_per_dy"))
    said = expect(2, "scenario", "validate", "good.toml", "typo.toml", "--json")
    equal(said.error, "")
    equal(said.json["format_version"], "1.0")
    [one] = said.json["problems"]
    equal([one["file"], one["line"], one["column"], one["severity"], one["code"]], ["typo.toml", 16, 1, "error", "unknown_name"])
    contains(one["help"], "opens_per_day")
    equal(expect(0, "scenario", "validate", "good.toml", "--json").json, {"format_version": "1.0", "problems": []})


@check
def lines_of_a_file_are_cut_to_the_terminal_and_the_caret_stays_below_its_word():
    leaked_key("caret.toml", changes=[('"credential_sets.live" = "<= 2"', '"credential_sets.live"' + " " * 50 + '= "<= -2"  # far to the right'),
               ("opens_per_day", "opens_per_dy")])
    for columns in (40, 60, 100):
        lines = screen_of(on_terminal("scenario", "validate", "caret.toml", columns=columns)).splitlines()
        for word in ("opens_per_dy", '"<= -2"'):
            [at] = [i for i, line in enumerate(lines) if word in line and " | " in line]
            assert len(lines[at]) <= columns, lines[at]
            equal(lines[at].index(word), lines[at + 1].index("^"))


@check
def diagrams_come_in_three_formats():
    equal(expect(0, "diagram").out,
          "  key                  34 transitions  pre_active, active, suspended, deactivated, destroyed, purged\n"
          "  registration         5 transitions   unregistered, registered\n"
          "  notice               10 transitions  unnotified, notified, late, conflicting, acknowledged\n"
          "  api_key              12 transitions  enabled, disabled, deleted\n"
          "  provisioning         31 transitions\n"
          "      requested, authorized, registered, active, suspended, deleting, deleted, failed\n"
          "  device_registration  8 transitions   unregistered, registered\n"
          "  credential_set       16 transitions  staged, active, retiring, deleted\n"
          "  rotation             11 transitions  planned, prepared, overlapping, draining, finished\n\n"
          "Next: cryptoperiod diagram rotation\n")
    for machine, state in (("credential_set", "retiring"), ("rotation", "draining"), ("key", "deactivated")):
        for form, begin in (("mermaid", "stateDiagram-v2\n"), ("dot", f'digraph "{machine}"'), ("markdown", "| row | from ")):
            said = expect(0, "diagram", machine, "--format", form)
            assert said.out.startswith(begin), said.out
            contains(said.out, state)
            equal(expect(0, "diagram", machine, "--format", form, "--json").json,
                  {"format_version": "1.0", "machine": machine, "format": form, "diagram": said.out})
        equal(expect(0, "diagram", machine).out, expect(0, "diagram", machine, "--format", "mermaid").out)
    equal([m["name"] for m in expect(0, "diagram", "--json").json["machines"]], MACHINES)


@check
def every_machine_of_the_library_can_be_drawn():
    table = re.compile(r'string_view name = "(\w+)";\n    using context = ')
    found = [name for file in LIBRARY.rglob("*.hpp") for name in table.findall(file.read_text())]
    equal(sorted(found), sorted(MACHINES))


@check
def a_full_disk_is_a_failure_that_is_told():
    file = leaked_key(devices=200)
    for words in ("--help", "--version", "diagram", "scenario init", f"simulate {file}", f"plan {file} --json",
                  f"scenario validate {file}"):
        said = shell(f'"$CLI" {words} > /dev/full')
        equal([said.code, said.error], [3, "cryptoperiod: error: standard output cannot be written: No space left on device\n"
                                        "  look whether it is closed, or the disk full\n"])


@check
def a_closed_output_is_a_failure_that_is_told():
    said = shell(f'"$CLI" plan {leaked_key(devices=200)} >&-')
    equal(said.code, 3)
    contains(said.error, "standard output cannot be written: Bad file descriptor")
    said = shell('"$CLI" scenario init closed.toml >&- 2>&-')
    equal(said.code, 3)
    equal((FOLDER / "closed.toml").read_text(), expect(0, "scenario", "init").out)


@check
def a_reader_who_leaves_is_no_reason_to_talk():
    file = leaked_key(devices=200)
    said = shell(f'"$CLI" simulate {file} --json | head -c 10; echo " ${{PIPESTATUS[0]}}"')
    equal([said.out, said.error], ['{"format_v 3\n', ""])


@check
def colour_follows_flag_then_environment_then_terminal():
    file = leaked_key(devices=200)
    coloured = lambda said: "\x1b[" in said.out  # noqa: E731
    equal(coloured(run("simulate", file)), False)
    equal(coloured(run("simulate", file, "--color", "always")), True)
    equal(coloured(run("simulate", file, "--color", "always", env={"NO_COLOR": "1"})), True)
    equal(coloured(run("simulate", file, env={"CLICOLOR_FORCE": "1"})), True)
    equal(coloured(run("simulate", file, env={"CLICOLOR_FORCE": "0"})), False)
    equal(coloured(run("simulate", file, env={"CLICOLOR_FORCE": "1", "NO_COLOR": "1"})), False)
    equal(coloured(run("simulate", file, "--color", "never", env={"CLICOLOR_FORCE": "1"})), False)


@check
def colour_on_a_terminal_unless_it_is_dumb_or_unwanted():
    file = leaked_key(devices=200)
    red = "\x1b[1;31m"
    seen = lambda *words, **env: red in on_terminal("simulate", file, *words, env=env).error  # noqa: E731
    equal(seen(), True)
    equal(seen(TERM="dumb"), False)
    equal(seen(TERM=None), False)
    equal(seen(NO_COLOR="1"), False)
    equal(seen(NO_COLOR=""), True)
    equal(seen("--color", "never"), False)


@check
def errors_have_colour_of_their_own_stream():
    contains(on_terminal("plan", "--sed").error, "\x1b[1;31mcryptoperiod: error:\x1b[0m")
    lacks(on_terminal("plan", "--sed", "--color=never").error, "\x1b")
    contains(run("plan", "--sed", "--color=always").error, "\x1b[")
    lacks(on_terminal("plan", "--sed", env={"NO_COLOR": "1"}).error, "\x1b")


@check
def nothing_from_a_name_commands_the_terminal():
    evil = "evil\x1b]0;title\x07\u202e.toml"
    path = leaked_key(evil, devices=200)
    for words in (["simulate", path], ["plan", path, "--max-broken", "90%"], ["scenario", "validate", path],
                  ["plan", "gone" + evil], ["scenario", "init", path], ["simulat" + evil], ["plan", "--" + evil],
                  ["diagram", evil], ["plan", path, "--set", evil], ["plan", path, "--max-broken", evil],
                  ["diagram", "--seed", evil]):
        for said in (run(*words, "--color=never"), run(*words, "--json")):
            for sign in ("\x1b", "\x07", "\u202e"):
                lacks(said.out + said.error, sign)
    os.unlink(path)


@check
def an_argument_that_is_not_utf8_is_shown_escaped():
    said = shell("\"$CLI\" plan $'bad\\xff.toml'")
    equal(said.code, 2)
    contains(said.error, "bad\\xff.toml")
    said = shell(f"cp {leaked_key(devices=200)} $'bad\\xff.toml'; \"$CLI\" simulate $'bad\\xff.toml' --json")
    contains(said.json["promises"][0]["cause"], "bad\\xff.toml:33:11: ")
    shell("rm $'bad\\xff.toml'")


assert os.access(CLI, os.X_OK), CLI
sys.exit(main())
