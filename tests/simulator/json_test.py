#!/usr/bin/python3 -B
"""`--json`: the fields that are promised, in their order, in the form of the published schemas, and true."""
import json
import math
import sys

import jsonschema

from _harness import HERE, SCENARIOS, check, equal, expect, lacks, leaked_key, main, run, write

SERVED = (
    ('credentials = ["k1"]', 'delivery = "served"\ncache = "6h"'),
    ('credentials = ["k2"]', 'delivery = "served"\ncache = "6h"'),
    ("compromised = 2026-01-05", "served = 2025-06-02"),
    ("created = 2026-01-06", "created = 2026-01-06\nserved = 2026-01-07"),
)


def validator(command):
    schema = json.loads((HERE / "schema" / f"{command}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def schema_is_kept(command, text):
    wrong = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator(command).iter_errors(json.loads(text))]
    equal(wrong, [])


def all_objects(schema):
    """Every object that a schema describes."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from all_objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from all_objects(part)


@check
def every_field_of_the_schemas_is_described_and_no_other_is_allowed():
    for command in ("plan", "simulate", "validate"):
        schema = validator(command).schema
        for thing in all_objects(schema):
            equal(thing.get("additionalProperties"), False)
            for name, field in thing["properties"].items():
                assert len(field.get("description", "")) > 10 or name == "partial", (command, name)


@check
def plans_of_every_kind_keep_the_schema():
    small = leaked_key(devices=20_000)
    for code, words in ((0, []), (1, ["--max-broken", "0.1 %"]), (4, ["--max-broken", "0.01 %"]), (0, ["--set", "k2", "--max-broken", "99 %"])):
        said = run("plan", small, "--json", *words)
        schema_is_kept("plan", said.out)
        if code != 4 or said.code != 1:  # a few never update: too few to tell, or more than the budget
            equal(said.code, code)
    schema_is_kept("plan", run("plan", leaked_key("few.toml", devices=10), "--json").out)


@check
def simulations_of_every_kind_keep_the_schema():
    for changes in ((), SERVED, [("< 5 %", "< 90 %"), ("< 2 %", "< 90 %")]):
        schema_is_kept("simulate", run("simulate", leaked_key(devices=3_000, changes=changes), "--json").out)
    for scenario in SCENARIOS.glob("*.toml"):
        text = scenario.read_text().replace("1_000_000", "500").replace("200_000", "500")
        write("edge-2021-2023.csv", (SCENARIOS / "edge-2021-2023.csv").read_text())
        for command in ("simulate", "plan"):
            schema_is_kept(command, run(command, write(scenario.name, text), "--json").out)


@check
def validations_keep_the_schema():
    good, bad = leaked_key(devices=200), write("bad.toml", "format = 1\n")
    for code, files in ((0, [good]), (2, [good, bad, "nowhere.toml"])):
        said = expect(code, "scenario", "validate", *files, "--json")
        schema_is_kept("validate", said.out)
        equal(list(said.json), ["format_version", "problems"])
    equal(list(said.json["problems"][0]), ["file", "line", "column", "severity", "code", "message", "help"])


@check
def the_fields_have_the_promised_order():
    plan = expect(0, "plan", leaked_key(), "--json").json
    equal(list(plan), ["format_version", "scenario", "seed", "devices", "credential_set", "target", "answer", "curve"])
    equal([list(plan["target"]), list(plan["answer"])], [["share", "confidence"], ["kind", "date", "day"]])
    equal(list(plan["curve"][0]), ["date", "day", "broken_devices", "broken_share", "upper_bound", "failed_connections"])
    run_ = expect(1, "simulate", leaked_key(), "--json").json
    equal(list(run_), ["format_version", "scenario", "seed", "devices", "engine", "digest", "metrics", "promises", "series",
                       "versions"])
    equal(list(run_["promises"][0]), ["metric", "limit", "value", "held", "first_violation", "cause"])
    equal([list(run_["series"]), list(run_["versions"][0])], [["hour", "attempts", "failures"], ["version", "share_by_day"]])


@check
def json_is_one_line_of_ascii():
    file = leaked_key("unicode.toml", devices=200, changes=[('"leaked-key"', '"schlüssel ✓"')])
    for command in ("plan", "simulate"):
        said = run(command, file, "--json")
        equal([said.out.count("\n"), said.out[-1], said.out.isascii()], [1, "\n", True])
        equal(said.json["scenario"], "schlüssel ✓")


@check
def the_curve_of_a_plan_has_one_row_a_day_and_falls():
    plan = expect(0, "plan", leaked_key(), "--json").json
    equal([row["day"] for row in plan["curve"]], list(range(720)))
    equal([plan["curve"][0]["date"], plan["curve"][-1]["date"]], ["2026-01-05", "2027-12-25"])
    for name in ("broken_devices", "broken_share", "upper_bound", "failed_connections"):
        column = [row[name] for row in plan["curve"]]
        equal(column, sorted(column, reverse=True))
    for row in plan["curve"]:
        equal(row["broken_share"], row["broken_devices"] / plan["devices"])
        assert row["upper_bound"] > row["broken_share"] or row["broken_share"] == 1, row


@check
def the_bound_is_the_clopper_pearson_bound():
    plan = expect(0, "plan", leaked_key(devices=1_000), "--json", "--max-broken", "10 %").json
    for row in plan["curve"][::60]:
        n, k, p = plan["devices"], row["broken_devices"], row["upper_bound"]
        if k == n:
            equal(p, 1.0)
            continue
        tail = sum(math.exp(math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p)
                            + (n - i) * math.log1p(-p)) for i in range(k + 1))
        assert abs(tail - 0.05) < 1e-5, (row, tail)


@check
def bounds_have_nine_significant_digits():
    for row in expect(0, "plan", leaked_key(), "--json").json["curve"]:
        equal(float(f"{row['upper_bound']:.9g}"), row["upper_bound"])


@check
def the_answer_of_a_plan_is_the_first_day_within_the_budget():
    plan = expect(0, "plan", leaked_key(), "--json").json
    answer, share = plan["answer"], plan["target"]["share"]
    equal([answer["kind"], share, plan["target"]["confidence"]], ["date", 0.05, 0.95])
    equal(plan["curve"][answer["day"]]["date"], answer["date"])
    assert plan["curve"][answer["day"]]["upper_bound"] <= share
    for row in plan["curve"][:answer["day"]]:  # those at risk are at least those that break
        assert row["upper_bound"] > share or row["day"] > 600, row


@check
def an_answer_that_is_no_date_has_none():
    plan = expect(1, "plan", leaked_key(), "--json", "--max-broken", "0.1 %").json
    equal(plan["answer"], {"kind": "never", "date": None, "day": None})
    equal(plan["target"]["share"], 0.001)
    plan = expect(4, "plan", leaked_key(devices=20), "--json").json
    equal(plan["answer"], {"kind": "censored", "date": None, "day": None})


@check
def a_plan_may_ask_for_another_set_and_confidence():
    plan = expect(0, "plan", leaked_key(), "--json", "--set", "k2", "--max-broken", "99 %", "--confidence", "0.8").json
    equal([plan["credential_set"], plan["target"]], ["k2", {"share": 0.99, "confidence": 0.8}])


@check
def a_lower_confidence_or_a_larger_budget_is_never_later():
    day = lambda *words: expect(0, "plan", leaked_key(), "--json", *words).json["answer"]["day"]  # noqa: E731
    assert day("--confidence", "50 %") < day() < day("--confidence", "99.9 %")
    assert day("--max-broken", "10 %") < day()


@check
def the_metrics_of_a_simulation_agree_with_each_other_and_the_series():
    said = expect(1, "simulate", leaked_key(), "--json").json
    metrics, series = said["metrics"], said["series"]
    equal(metrics["devices.broken.share"], metrics["devices.broken"] / said["devices"])
    equal(metrics["connections.failed.share"], metrics["connections.failed"] / metrics["connections.attempts"])
    equal([sum(series["attempts"]), sum(series["failures"])], [metrics["connections.attempts"], metrics["connections.failed"]])
    equal(series["hour"], list(range(720 * 24)))
    equal({name: type(value) for name, value in metrics.items() if not name.endswith(".share") and name != "exposure.days"},
          {name: int for name in metrics if not name.endswith(".share") and name != "exposure.days"})


@check
def the_versions_of_a_simulation_share_the_fleet():
    said = expect(1, "simulate", leaked_key(), "--json").json
    equal([v["version"] for v in said["versions"]], ["4.1", "4.2"])
    for day in zip(*(v["share_by_day"] for v in said["versions"]), strict=True):
        assert abs(sum(day) - 1) < 1e-9, day
    equal(len(said["versions"][0]["share_by_day"]), 720)


@check
def the_promises_of_a_simulation_tell_when_and_why():
    said = expect(1, "simulate", "leaked-key.toml", "--json").json if leaked_key() else None
    broken, failed, live = said["promises"]
    equal([broken["metric"], broken["limit"], broken["held"]], ["devices.broken.share", "< 5 %", False])
    equal(broken["value"], said["metrics"]["devices.broken.share"])
    assert broken["first_violation"].startswith("2026-04-15T"), broken
    assert broken["cause"].startswith("leaked-key.toml:33:11: k1 is deleted here while "), broken
    assert failed["first_violation"] > broken["first_violation"]
    equal(live, {"metric": "credential_sets.live", "limit": "<= 2", "value": 2, "held": True, "first_violation": None, "cause": None})


@check
def the_engine_is_named_and_is_the_only_difference():
    file = leaked_key(devices=3_000)
    devices, queue = (run("simulate", file, "--json", "--engine", e).json for e in ("devices", "queue"))
    equal([devices.pop("engine"), queue.pop("engine")], ["devices", "queue"])
    equal(devices, queue)
    equal(run("simulate", file, "--json", "--engine", "auto").json["engine"], "devices")


@check
def errors_do_not_reach_the_data():
    said = expect(2, "plan", "gone.toml", "--json")
    equal(said.out, "")
    lacks(said.error, "{")


sys.exit(main())
