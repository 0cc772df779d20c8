#!/usr/bin/python3 -B
"""`plan`: its screen for every kind of answer, its exit codes, and the same bytes however it is run."""
import math
import re
import sys

from _harness import (check, columns_of, contains, equal, expect, golden, lacks, leaked_key, main, on_terminal, refuses, run, shell,
                      screen_of, write)


@check
def the_first_screen_is_as_agreed():
    leaked_key()
    golden("plan_leaked_key.txt", expect(0, "plan", "leaked-key.toml").out)


@check
def the_first_screen_without_unicode_is_as_agreed():
    leaked_key()
    said = expect(0, "plan", "leaked-key.toml", env={"LC_ALL": "C"})
    golden("plan_leaked_key_ascii.txt", said.out)
    assert said.out.isascii()


@check
def the_answer_is_the_one_of_the_json():
    answer = expect(0, "plan", leaked_key(), "--json").json["answer"]
    contains(expect(0, "plan", leaked_key()).out,
             f"  Earliest safe date to delete k1: {answer['date']} (day {answer['day']}, 95 % confidence)\n")


@check
def too_early_too_late_and_on_the_day_are_told():
    answer = expect(0, "plan", leaked_key(), "--json").json["answer"]
    said = expect(0, "plan", leaked_key())
    contains(said.out, f"  The scenario deletes it on:      2026-04-15 ({answer['day'] - 100} days too early)\n")
    on_the_day = leaked_key("on.toml", changes=[("deleted = 2026-04-15", f"deleted = {answer['date']}")])
    said = expect(0, "plan", on_the_day)
    contains(said.out, "(on that day)")
    contains(said.out, "<- your scenario, within budget")
    later = leaked_key("later.toml", changes=[("deleted = 2026-04-15", "deleted = 2027-12-20")])
    contains(expect(0, "plan", later).out, " days later than needed)")
    hours = leaked_key("hours.toml", changes=[("deleted = 2026-04-15", f"deleted = {answer['date']}T01:00:00Z")])
    contains(expect(0, "plan", hours).out, "(1 day later than needed)")


@check
def a_scenario_that_deletes_nothing_is_answered_too():
    said = expect(0, "plan", leaked_key(changes=[("deleted = 2026-04-15\n", "")]))
    contains(said.out, "no date; it keeps the set")
    lacks(said.out, "your scenario")


@check
def the_table_tells_what_the_curve_knows():
    curve = {row["date"]: row for row in expect(0, "plan", leaked_key(), "--json").json["curve"]}
    lines = re.findall(r"^  (\d{4}-\d\d-\d\d) +([\d,]+) +([\d.]+) % +([\d,]+) +([\d,]+)(?:  <- (.*))?$",
                       expect(0, "plan", leaked_key()).out, re.M)
    equal(len(lines), 5)
    equal([mark for *_, mark in lines], ["your scenario", "", "", "within budget", ""])
    for date, broken, share, failed, shared, _ in lines:
        row = curve[date]
        equal([int(broken.replace(",", "")), int(failed.replace(",", ""))], [row["broken_devices"], row["failed_connections"]])
        equal(share, f"{row['broken_share'] * 100:.2f}")
        equal(int(shared), row["day"] - 1)  # k2 is created on day 1


@check
def never_is_said_plainly_and_is_exit_code_1():
    said = expect(1, "plan", leaked_key(), "--max-broken", "0.3 %")
    contains(said.out, "  No date is safe to delete k1.\n")
    contains(said.out.replace("\n  ", " "), "of the devices never update and go on presenting it: more than the budget of 0.3 %")
    contains(said.out.replace("\n  ", " "), "The scenario deletes it on 2026-04-15, which breaks ")
    contains(said.out, "What would help most")
    lacks(said.out, "Earliest safe date")


@check
def too_few_devices_are_exit_code_4_and_the_number_needed_is_told():
    for devices, share, confidence in ((50, 0.05, 0.95), (40, 0.02, 0.5), (1, 0.3, 0.95)):
        needed = math.ceil(math.log(1 - confidence) / math.log(1 - share))
        changes = [('adoption = "store"', 'adoption = "os_desktop"')]  # a law in which everybody updates
        words = ["--max-broken", f"{share}", "--confidence", f"{confidence}"]
        if needed <= devices:
            continue
        said = expect(4, "plan", leaked_key(devices=devices, changes=changes), *words)
        contains(said.out, "1 device is too few." if devices == 1 else f"{devices} devices are too few.")
        contains(said.out.replace("\n  ", " "), f"It takes at least {needed:,} devices: raise fleet.devices.")


@check
def a_horizon_too_short_is_exit_code_4_and_told():
    said = expect(4, "plan", leaked_key(changes=[("720d", "150d")]))
    contains(said.out, "No answer when to delete k1: the horizon is too short.")
    contains(said.out.replace("\n  ", " "), 'Give the scenario a longer horizon than "150d".')


@check
def a_target_is_needed_and_both_ways_to_give_it_are_named():
    text = leaked_key().read_text()
    write("free.toml", text[:text.index("[promises]")])
    refuses("how many devices may break is not said",
            'add --max-broken "0.1 %", or to [promises] in the scenario: "devices.broken.share" = "< 0.1 %"', "plan", "free.toml")
    expect(0, "plan", "free.toml", "--max-broken", "5 %")


@check
def a_promise_with_at_most_is_a_target_and_one_with_at_least_is_none():
    at_most = leaked_key(changes=[('"< 5 %"', '"<= 6 %"')])
    equal(expect(0, "plan", at_most, "--json").json["target"]["share"], 0.06)
    at_least = leaked_key(changes=[('"< 5 %"', '">= 5 %"')])
    contains(expect(2, "plan", at_least).error, "how many devices may break is not said")
    zero = leaked_key("zero.toml", changes=[('"< 5 %"', '"<= 0"')])
    said = expect(2, "plan", zero)
    contains(said.error, "zero.toml:40:1: the promise '<= 0' is no budget for a plan\n")


@check
def the_flag_wins_over_the_promise():
    equal(expect(0, "plan", leaked_key(), "--json", "--max-broken", "10%").json["target"]["share"], 0.1)
    equal(expect(0, "plan", leaked_key(), "--json", "--max-broken=0.1").json["target"]["share"], 0.1)


@check
def shares_that_are_none_are_refused():
    file = leaked_key()
    for flag, example in (("--max-broken", "0.1 %"), ("--confidence", "95 %")):
        remedy = f'write it like {flag} "{example}"'
        refuses(f"{flag}: 'nan' is not a share; write it like 0.1 % or 0.001", remedy, "plan", file, flag, "nan")
        refuses(f"{flag}: '101 %' is more than 100 %", remedy, "plan", file, flag, "101 %")
        refuses(f"{flag}: '3' is more than 1; a percentage needs its %", remedy, "plan", file, flag, "3")
        refuses(f"{flag}: '-1 %' is negative; a share is not", remedy, "plan", file, flag, "-1 %")
        for edge in ("0", "100 %"):
            if flag == "--max-broken" and edge == "0":
                continue
            refuses(f"{flag}: '{edge}' is not between 0 and 100 %", remedy, "plan", file, flag, edge)


@check
def a_share_of_zero_is_refused_with_what_to_ask_instead():
    for zero in ("0", "0 %", "0.0"):
        refuses("--max-broken: no simulation can show that not one device breaks",
                'give the largest share that you could bear, such as --max-broken "0.01 %"', "plan", leaked_key(), "--max-broken", zero)
    said = expect(2, "plan", leaked_key("zero.toml", changes=[('"< 5 %"', '"<= 0"')]))
    contains(said.error, "zero.toml:40:1: the promise '<= 0' is no budget for a plan\n  no simulation can show that not one device breaks: "
             'give the largest share that you could bear, such as --max-broken "0.01 %"\n')


@check
def an_unknown_set_is_refused_with_a_guess():
    refuses("--set: the scenario has no credential set 'k11'", "did you mean 'k1'? choose one of: k1, k2", "plan", leaked_key(),
            "--set", "k11")
    refuses("--set: the id is empty", "name a credential set of the scenario, or leave --set out", "plan", leaked_key(), "--set", "")


@check
def what_would_help_is_told_with_dates_that_are_sooner():
    said = expect(0, "plan", leaked_key())
    answer = re.search(r"delete k1: (\S+) ", said.out)[1]
    section = said.out[said.out.index("What would help most"):]
    found = re.findall(r"^  (.*?) +→ (\S+)  (\d+) days? sooner(?:  (.*))?$", section, re.M)
    equal([what for what, *_ in found],
          ["serve the key", "force 4.2 from 2026-01-22", "accept 5x the loss, 25 %", "accept 2x the loss, 10 %"])
    equal([date for _, date, *_ in found], sorted(date for _, date, *_ in found))
    assert all(date < answer for _, date, *_ in found)
    lacks(section, "tried on")


@check
def what_would_help_is_true():
    said = expect(0, "plan", leaked_key())
    date = lambda what: re.search(rf"^  {what}.*→ (\S+)", said.out, re.M)[1]  # noqa: E731
    answer = lambda *words: expect(0, "plan", *words, "--json").json["answer"]["date"]  # noqa: E731
    equal(date("accept 2x"), answer(leaked_key(), "--max-broken", "10 %"))
    equal(date("accept 5x"), answer(leaked_key(), "--max-broken", "25 %"))
    forced = [("[promises]", '[[forced_update]]\ndate = 2026-01-22\nminimum = "4.2"\ncomply = "50 %"\n[promises]')]
    equal(date("force 4.2"), answer(leaked_key("forced.toml", changes=forced)))
    served = [('credentials = ["k1"]', 'delivery = "served"\ncache = "6h"'), ('credentials = ["k2"]', 'delivery = "served"\ncache = "6h"'),
              ("compromised", "served = 2025-06-02\ncompromised"), ("created = 2026-01-06", "created = 2026-01-06\nserved = 2026-01-07")]
    equal(date("serve the key"), answer(leaked_key("served.toml", changes=served)))


@check
def the_other_promises_are_judged_at_the_planned_date():
    said = expect(0, "plan", leaked_key())
    answer = re.search(r"delete k1: (\S+) ", said.out)[1]
    begin = said.out.index(f"The other promises, with k1 deleted on {answer}\n")
    section = said.out[begin:said.out.index("What would help most")]
    found = re.findall(r"^  ([✓✗])  (\S+) +(\S+ \S+(?: %)?) +got (\S+(?: %)?)$", section, re.M)
    equal([(kept, metric, limit) for kept, metric, limit, _ in found],
          [("✓", "connections.failed.share", "< 2 %"), ("✓", "credential_sets.live", "<= 2")])
    lived = expect(0, "simulate", leaked_key("then.toml", changes=[("deleted = 2026-04-15", f"deleted = {answer}")])).out
    for _, metric, _, value in found:
        contains(lived, f"got {value}\n")
    lacks(section, "devices.broken.share")


@check
def another_promise_that_the_planned_date_breaks_is_told_with_the_way_to_see_why():
    file = leaked_key("tight.toml", changes=[('"< 2 %"', '"< 0.1 %"')])
    said = expect(0, "plan", file)
    answer = re.search(r"delete k1: (\S+) ", said.out)[1]
    contains(said.out, "  ✗  connections.failed.share  < 0.1 %  got ")
    contains(said.out.replace("\n  ", " "), f"To see what breaks, write deleted = {answer} for k1 into the scenario and simulate it.")
    lacks(expect(0, "plan", leaked_key()).out, "To see what breaks")
    text = expect(0, "plan", "--help").out
    contains(text.replace("\n", " "), "the exit code and --json speak of the devices alone")


@check
def a_plan_without_other_promises_or_without_a_date_judges_none():
    alone = leaked_key("alone.toml", changes=[('"connections.failed.share" = "< 2 %"\n', ""), ('"credential_sets.live" = "<= 2"\n', "")])
    lacks(expect(0, "plan", alone).out, "other promises, with")
    lacks(expect(1, "plan", leaked_key(), "--max-broken", "0.3 %").out, "other promises, with")


@check
def other_promises_that_cannot_be_judged_at_that_date_say_why():
    late = leaked_key("late.toml", changes=[("[[credential_set]]\nid = \"k1\"", '[[release]]\nversion = "4.3"\ndate = 2027-12-01\n'
        'rollout = [{ after = "0d", share = "0.01 %" }]\ncredentials = ["k1"]\n\n[[credential_set]]\nid = "k1"'), ("deleted = 2026-04-15\n", "")])
    said = expect(0, "plan", late, "--max-broken", "30 %")
    contains(said.out.replace("\n  ", " "), "The other promises cannot be judged at that date: ")
    contains(said.out.replace("\n  ", " "), "embeds 'k1', which is deleted on ")


@check
def what_does_not_apply_is_not_told():
    forced = [("[promises]", '[[forced_update]]\ndate = 2026-03-01\nminimum = "4.2"\ncomply = "50 %"\n[promises]')]
    lacks(expect(0, "plan", leaked_key(changes=forced)).out, "force 4.2")
    lacks(expect(0, "plan", leaked_key(), "--set", "k2", "--max-broken", "99 %").out, "serve the key")


@check
def changes_of_the_app_are_tried_on_a_small_fleet_that_is_named():
    contains(expect(0, "plan", leaked_key(devices=30_000)).out, "(changes of the app: tried on 20,000 devices)")


@check
def the_next_commands_can_be_pasted():
    for words in ([], ["--max-broken", "0.3 %"]):
        said = run("plan", leaked_key("two words.toml"), "--seed", "3", *words)
        commands = re.findall(r"^(?:Next: |      )cryptoperiod (.*)$", said.out, re.M)
        equal(len(commands), 2)
        equal([shell(f'"$CLI" {command}').code for command in commands], [1, 0])


@check
def the_same_seed_gives_the_same_bytes_however_it_is_run():
    file = leaked_key(devices=5_000)
    best = expect(0, "--version", "--json").json["isa"]
    usual, usual_json = run("plan", file, "--threads", "1").out, run("plan", file, "--threads", "1", "--json").out
    sets = ["portable", "avx2", "avx512"]
    for words in ([], ["--threads", "2"], ["--threads", "3"], ["--engine", "queue"], ["--engine", "devices"], ["--quiet"],
                  *(["--isa", name] for name in sets[:sets.index(best) + 1])):
        equal(run("plan", file, *words).out, usual)
        equal(run("plan", file, *words, "--json").out, usual_json)


@check
def the_screen_fits_80_and_100_columns():
    for columns, wanted in ((80, 80), (120, 100)):
        for locale in ("C.UTF-8", "C"):
            said = on_terminal("plan", leaked_key("k.toml"), columns=columns, env={"LC_ALL": locale})
            lines = screen_of(said).splitlines()
            equal([line for line in lines if columns_of(line) > wanted and "k.toml" not in line], [])
            equal(max(columns_of(line) for line in lines if line.startswith("          ")), wanted - 1)


@check
def narrow_terminals_get_every_line_whole():
    tight = [('"< 2 %"', '"< 0.1 %"')]
    for columns in (60, 40):
        for words in ([], ["--max-broken", "0.3 %"], ["--max-broken", "0.01 %"]):
            said = on_terminal("plan", leaked_key("k.toml", devices=30_000, changes=tight), *words, columns=columns)
            equal([line for line in screen_of(said).splitlines() if columns_of(line) > columns and "k.toml" not in line], [])
    narrow = screen_of(on_terminal("plan", leaked_key("k.toml"), columns=40))
    contains(narrow, "  Earliest safe date to delete k1:\n      2027-08-10\n      (day 582, 95 % confidence)\n")
    contains(narrow, "  delete on    broken\n  2026-04-15    4,338  <- your scenario\n")
    contains(narrow, "  serve the key\n      → 2026-01-07  580 days sooner\n      needs a key server\n")


@check
def the_picture_points_at_both_dates():
    lines = expect(0, "plan", leaked_key()).out.splitlines()
    [foot] = [line for line in lines if line.startswith("          └")]
    captions = "\n".join(lines[lines.index(foot) + 1:lines.index(foot) + 3])
    marks = [i for i, sign in enumerate(foot) if sign == "▲"]
    equal(len(marks), 2)
    contains(captions, "2026-04-15 your scenario")
    contains(captions, " safe")
    for mark in marks:
        assert any(len(line) > mark and line[mark:mark + 3] in ("202",) for line in captions.splitlines()), (mark, captions)


@check
def a_day_of_horizon_is_enough_to_answer():
    file = leaked_key("day.toml", changes=[("720d", "2d"), ("deleted = 2026-04-15\n", ""), ("date = 2026-01-07", "date = 2026-01-06")])
    assert run("plan", file).code == 4


sys.exit(main())
