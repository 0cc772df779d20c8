#!/usr/bin/python3 -B
"""`simulate`: its screen, its exit codes, and the same bytes however it is run."""
import re
import sys

from _harness import (HERE, SCENARIOS, check, columns_of, contains, equal, expect, golden, lacks, leaked_key, main, on_terminal, run,
                      screen_of, write)

KEPT = [("< 5 %", "< 90 %"), ("< 2 %", "< 90 %")]


@check
def the_first_screen_is_as_agreed():
    golden("simulate_leaked_key.txt", expect(1, "simulate", "leaked-key.toml").out if leaked_key() else "")


@check
def the_first_screen_without_unicode_is_as_agreed():
    leaked_key()
    said = expect(1, "simulate", "leaked-key.toml", env={"LC_ALL": "C"})
    golden("simulate_leaked_key_ascii.txt", said.out)
    assert said.out.isascii()


@check
def kept_promises_are_exit_code_0():
    said = expect(0, "simulate", leaked_key(changes=KEPT))
    contains(said.out, "all 3 promises kept · seed 0 · 20,000 devices · digest ")
    lacks(said.out, "✗")
    lacks(said.out, "first at")


@check
def broken_promises_are_exit_code_1():
    said = expect(1, "simulate", leaked_key(changes=KEPT[1:]))
    contains(said.out, "1 of 3 promises broken · ")


@check
def no_promises_are_no_broken_ones():
    text = leaked_key().read_text()
    write("free.toml", text[:text.index("[promises]")])
    said = expect(0, "simulate", "free.toml")
    contains(said.out, "the scenario makes no promises · seed 0")
    contains(said.out, 'Next: cryptoperiod plan free.toml --max-broken "1 %"')


@check
def a_value_is_told_apart_from_its_limit():
    share = run("simulate", leaked_key(), "--json").json["metrics"]["devices.broken.share"]
    said = run("simulate", leaked_key(changes=[("< 5 %", f"< {share * 100 - 0.0004:.4f} %")]))
    line = said.out.splitlines()[0]
    limit, got = re.search(r"< ([0-9.]+) %  got ([0-9.]+) %", line).groups()
    assert float(got) > float(limit), line


@check
def the_same_cause_is_told_once():
    said = run("simulate", leaked_key())
    equal(said.out.count(": k1 is deleted here while "), 1)


@check
def the_cause_points_at_the_line_of_the_file():
    path = leaked_key()
    said = run("simulate", path)
    line, column = map(int, re.search(rf"^{re.escape(str(path))}:(\d+):(\d+): k1 is deleted here", said.out, re.M).groups())
    equal(path.read_text().splitlines()[line - 1][column - 1:], "2026-04-15")


@check
def the_command_that_reproduces_the_run_does():
    said = run("simulate", leaked_key("it's mine.toml"), "--seed", "5")
    command = re.search(r"^reproduce: cryptoperiod (.*)$", said.out, re.M)[1]
    path = "'" + str(leaked_key("it's mine.toml")).replace("'", "'\\''") + "'"
    equal(command, f"simulate {path} --seed 5")
    from _harness import shell
    equal(shell(f'"$CLI" {command}').out, said.out)


@check
def the_next_commands_can_be_pasted():
    from _harness import shell
    said = run("simulate", leaked_key())
    commands = re.findall(r"^(?:Next: |      )cryptoperiod (.*)$", said.out, re.M)
    equal(len(commands), 2)
    for command in commands:
        assert shell(f'"$CLI" {command}').code in (0, 1), command


@check
def the_same_seed_gives_the_same_bytes_however_it_is_run():
    file = leaked_key(devices=5_000)
    best = expect(0, "--version", "--json").json["isa"]
    usual = run("simulate", file, "--threads", "1").out
    sets = ["portable", "avx2", "avx512"]
    for words in ([], ["--threads", "2"], ["--threads", "3"], ["--engine", "queue"], ["--engine", "devices"], ["--quiet"],
                  *(["--isa", name] for name in sets[:sets.index(best) + 1])):
        equal(run("simulate", file, *words).out, usual)
        if words[:1] != ["--engine"]:
            equal(run("simulate", file, *words, "--json").out, run("simulate", file, "--json").out)


@check
def another_seed_gives_another_run():
    file = leaked_key()
    digest = lambda seed: run("simulate", file, "--json", "--seed", seed).json["digest"]  # noqa: E731
    assert digest(1) != digest(2)


@check
def the_screen_fits_80_and_100_columns():
    for columns, wanted in ((80, 80), (120, 100)):
        said = on_terminal("simulate", leaked_key("k.toml").name, columns=columns)
        lines = screen_of(said).splitlines()
        long = [line for line in lines if columns_of(line) > wanted and ": k1 is deleted here" not in line
                and "k.toml" not in line]
        equal(long, [])


@check
def the_table_stands_in_columns():
    said = run("simulate", leaked_key())
    lines = [line for line in said.out.splitlines() if re.match(r"  [✓✗] ", line)]
    equal(len(lines), 3)
    for word in ("got", "<"):
        equal(len({columns_of(line[:line.index(word)]) for line in lines}), 1)


@check
def an_update_that_is_forced_is_told():
    changes = [("[promises]", '[[forced_update]]\ndate = 2026-02-01\nminimum = "4.2"\ncomply = "50 %"\n\n[promises]\n'
                "\"devices.blocked.share\" = \"< 1 %\"")]
    said = expect(1, "simulate", leaked_key(changes=changes))
    contains(said.out, "✗  devices.blocked.share")
    contains(said.out, "versions older than 4.2 are refused from here on")


@check
def a_rotation_that_waited_is_agreed_to():
    changes = [("deleted = 2026-04-15", "deleted = 2027-12-01"),
               ("[promises]", '[[forced_update]]\ndate = 2026-02-01\nminimum = "4.2"\ncomply = "100 %"\n\n[promises]')]
    said = expect(0, "simulate", leaked_key(changes=changes))
    contains(said.out, "  The rotation procedure agrees to delete k1 on 2027-12-01.\n")


assert SCENARIOS.is_dir() and HERE.is_dir()
@check
def narrow_terminals_get_every_line_whole():
    for columns in (60, 40):
        said = on_terminal("simulate", leaked_key("k.toml").name, columns=columns)
        equal([line for line in screen_of(said).splitlines() if columns_of(line) > columns and "cryptoperiod " not in line], [])
        contains(screen_of(said).replace("\n", " "), "k.toml:33:11: k1 is deleted here while ")


@check
def the_cause_is_one_line_where_no_terminal_reads_it():
    name = "a-scenario-with-a-long-name-" * 3 + ".toml"
    [line] = [line for line in expect(1, "simulate", leaked_key(name).name).out.splitlines() if line.startswith(f"{name}:33:11: ")]
    assert line.endswith(" %)"), line


sys.exit(main())
