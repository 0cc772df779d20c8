#!/usr/bin/python3 -B
"""Judges run_vectors: files that must not pass, and that it says which file and which test.

Usage: check.py RUN_VECTORS     one line a check, and below a failed one what came instead
"""
import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from report import report  # noqa: E402

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
SHIPPED = {f.relative_to(HERE).as_posix(): json.loads(f.read_text()) for f in sorted(HERE.rglob("*.json"))}


def run(folder):
    done = subprocess.run([PROGRAM, str(folder)], capture_output=True, timeout=120)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def judged(make, words, code=1, counts=None):
    """Findings when a folder that `make(folder)` fills does not end with `code`, or the words are not said."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "vectors"
        folder.mkdir()
        make(folder)
        got, out, err = run(folder)
    last = out.splitlines()[-1] if out else ""
    if got != code:
        yield f"exit code {got}, not {code}: {out}{err}"
    if code != 2 and not re.fullmatch(r"\d+ passed, \d+ failed", last):
        yield f"the last line is {last!r}"
    if code == 1 and last.endswith(" 0 failed"):
        yield f"failed, and says {last!r}"
    if counts and last != counts:
        yield f"{last!r}, not {counts!r}"
    if "json.exception" in out + err:
        yield f"speaks as its JSON library does: {out}{err}"
    for word in words:
        if word not in out + err:
            yield f"does not say {word!r}: {out}{err}"


def file_of(content, name="a.json"):
    def make(folder):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return make


def changed(name, change):
    """A shipped file, changed."""
    data = copy.deepcopy(SHIPPED[name])
    data = change(data) or data
    return file_of(json.dumps(data))


GCM, HMAC, X25519, WRAP, ED = (f"wycheproof/{n}_test.json" for n in
                               ("aes_gcm", "hmac_sha256", "x25519", "aes_wrap", "ed25519"))
HPKE, XAES, PUSHER = "hpke/rfc9180_x25519_sha256_psk.json", "xaes/xaes_256_gcm.json", "pusher/vectors.json"


def in_test(name, **values):
    """A file whose second test has other values; None takes the field away."""
    def change(data):
        test = data["testGroups"][0]["tests"][1]
        for key, value in values.items():
            test.pop(key) if value is None else test.update({key: value})
    return changed(name, change)


def older(data):
    """The file says who made it, and its groups do not."""
    data["generatorVersion"] = "0.8"
    for group in data["testGroups"]:
        del group["source"]


def set_to(*path, value):
    def change(data):
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = value
    return change


def hostile():
    deep = "[" * 100000
    yield "empty_file", judged(file_of(""), ["a.json: the file: is empty"])
    yield "blank_file", judged(file_of(" \n"), ["is empty"])
    yield "not_json", judged(file_of("hello"), ["a.json: the file: is not JSON: line 1, column 1: invalid literal"])
    yield "cut_json", judged(file_of('{"a": [1,\n  2,\n'), ["is not JSON: line 2, column 5: unexpected end of input"])
    yield "cut_text", judged(file_of('[1,\n"' + "x" * 9999), ["is not JSON: line 2, ", "missing closing quote\n"])
    yield "number_too_large", judged(file_of('[1,\n 1e999\n]'), ["is not JSON: line 2, ", ": number overflow\n"])
    yield "no_utf8", judged(file_of(b'{"a":\n\n"\xff"}'), ["is not JSON: line 3, column 2: ", "ill-formed UTF-8"])
    yield "binary", judged(file_of(bytes(range(256))), ["is not JSON: line 1, column 1: "])
    yield "two_documents", judged(file_of("{}{}"), ["is not JSON: line 1, column 3: unexpected '{'"])
    yield "deep", judged(file_of(deep), ["is not JSON: line 1, "])
    yield "number", judged(file_of("1"), ["none of the known formats"])
    yield "empty_object", judged(file_of("{}"), ["none of the known formats"])
    yield "empty_list", judged(file_of("[]"), ["holds no tests"])
    yield "no_vectors", judged(file_of('{"vectors": []}'), ["holds no tests"])
    yield "unknown_vectors", judged(file_of('{"vectors": [{"a": 1}]}'), ["none of the known formats"])
    yield "list_of_numbers", judged(file_of("[1, 2]"), ["set 0: an object is expected, not a number", "set 1"])
    yield "no_files", judged(lambda folder: None, ["no *.json is in it"], 1, "0 passed, 1 failed")
    yield "only_other_files", judged(file_of("{}", "a.txt"), ["no *.json is in it"])
    yield "a_good_file_beside_a_bad_one", judged(
        lambda folder: (file_of("x")(folder), file_of(json.dumps(SHIPPED[XAES]), "b.json")(folder)),
        ["b.json: 1 passed, 0 failed", "a.json: 0 passed, 1 failed"], 1, "1 passed, 1 failed")
    yield "field_twice", judged(file_of('{"testGroups": [], "testGroups": []}'), ["'testGroups' comes twice"])


def unreadable():
    def loop(folder):
        (folder / "a.json").symlink_to("a.json")

    def pipe(folder):
        os.mkfifo(folder / "a.json")

    def below(folder):
        (folder / "x/y").mkdir(parents=True)
        file_of("oops")(folder / "x/y")

    def linked(folder):
        (folder.parent / "away").mkdir()
        file_of("oops")(folder.parent / "away")
        (folder / "x").symlink_to(folder.parent / "away")
    yield "broken_link", judged(loop, ["a.json: the file: cannot be read"])
    yield "pipe", judged(pipe, ["is not a regular file"])
    yield "folders_below", judged(below, ["x/y/a.json: the file: is not JSON"])
    yield "linked_folders", judged(linked, ["x/a.json: the file: is not JSON"])
    if os.geteuid() != 0:
        def closed(folder):
            file_of("{}")(folder)
            (folder / "a.json").chmod(0)
        yield "unreadable_file", judged(closed, ["cannot be read"])


def calls():
    findings = []
    for arguments, words in (([], "usage"), (["a", "b"], "usage"), (["/no/such/folder"], "is not a folder"),
                             ([__file__], "is not a folder")):
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)
        if done.returncode != 2 or words not in done.stderr or "*.json" not in done.stderr or done.stdout:
            findings.append(f"{arguments}: {done.returncode} {done.stdout}{done.stderr}")
    yield "wrong_calls", findings


def wycheproof():
    yield "unknown_algorithm", judged(changed(GCM, set_to("algorithm", value="AES-XXX")),
                                      ["the algorithm 'AES-XXX'; known: AES-CMAC, AES-GCM"])
    yield "algorithm_of_another_type", judged(changed(GCM, set_to("algorithm", value=7)), ["'algorithm'"])
    yield "type_of_another_algorithm", judged(
        changed(GCM, lambda d: d.update(algorithm="AES-KWP", schema="keywrap_test_schema_v1.json")),
        ["group 1: the type 'AeadTest'; known: KeywrapTest"])
    yield "schema_of_another_type", judged(changed(GCM, set_to("algorithm", value="AES-KWP")),
                                           ["the schema 'aead_test_schema_v1.json'; known: keywrap_test_schema_v1.json"])
    yield "header_empty", judged(changed(GCM, set_to("header", value=[])), ["'header' is empty"])
    yield "note_unknown_field", judged(changed(GCM, set_to("notes", "Ktv", "x", value="")),
                                       ["the note 'Ktv': unknown field 'x'"])
    yield "flag_without_note", judged(in_test(GCM, flags=["Other"]), ["tcId 2: the flag 'Other', which the notes do not"])
    yield "number_twice", judged(in_test(GCM, tcId=SHIPPED[GCM]["testGroups"][0]["tests"][0]["tcId"]),
                                 ["'tcId' comes twice"], 1, "210 passed, 1 failed")
    yield "source_empty", judged(changed(GCM, set_to("testGroups", 0, "source", "version", value="")),
                                 ["group 1: 'version' is empty"])
    yield "source_of_older_files", judged(changed(GCM, older), [], 0, "211 passed, 0 failed")
    yield "unknown_field_of_the_file", judged(changed(GCM, set_to("extra", value=1)), ["unknown field 'extra'"])
    yield "unknown_field_of_a_group", judged(changed(GCM, set_to("testGroups", 0, "extra", value=1)),
                                             ["tcId", "unknown field 'extra'"])
    yield "unknown_field_of_a_test", judged(in_test(GCM, extra=1), ["tcId 2: unknown field 'extra'"], 1,
                                            "210 passed, 1 failed")
    yield "number_of_tests", judged(changed(GCM, set_to("numberOfTests", value=212)),
                                    ["numberOfTests says 212, and there are 211"], 1, "211 passed, 1 failed")
    yield "number_of_tests_missing", judged(changed(GCM, lambda d: {k: d[k] for k in d if k != "numberOfTests"}),
                                            ["no field 'numberOfTests'"])
    yield "no_groups", judged(changed(GCM, lambda d: d.update(testGroups=[], numberOfTests=0)), ["holds no tests"])
    yield "empty_group", judged(changed(GCM, set_to("testGroups", 0, "tests", value=[])),
                                ["group 1: holds no tests"])
    yield "group_without_tests", judged(changed(GCM, lambda d: d["testGroups"][0].pop("tests") and None),
                                        ["group 1: no field 'tests'"])
    yield "unknown_result", judged(in_test(GCM, result="maybe"), ["tcId 2: the result 'maybe'"])
    yield "no_rule", judged(in_test(GCM, result="acceptable"), ["is 'acceptable', and no rule decides it"])
    yield "no_hex", judged(in_test(GCM, msg="xy"), ["tcId 2: 'msg': ", "not a hex digit"])
    yield "odd_hex", judged(in_test(GCM, msg="abc"), ["tcId 2: 'msg': ", "odd"])
    yield "missing_field", judged(in_test(GCM, tag=None), ["tcId 2: no field 'tag'"])
    yield "other_type", judged(in_test(GCM, tag=5), ["tcId 2: 'tag' is not a text"])
    yield "no_number", judged(in_test(GCM, tcId=None), ["the test at place 2, which has no tcId"])
    yield "test_that_is_none", judged(changed(GCM, set_to("testGroups", 0, "tests", 1, value=None)), ["place 2"])
    yield "other_size", judged(changed(GCM, set_to("testGroups", 0, "keySize", value=136)),
                               ["the group says 'keySize' 136"])
    yield "other_curve", judged(changed(X25519, set_to("testGroups", 0, "curve", value="curve448")), ["'curve448'"])
    yield "other_curve_of_a_key", judged(
        changed(ED, set_to("testGroups", 0, "publicKey", "curve", value="edwards448")), ["'edwards448'"])
    for field, value in (("publicKeyDer", {}), ("publicKeyDer", ""), ("publicKeyPem", ""), ("publicKeyJwk", "")):
        yield f"{field}_{value!r}", judged(changed(ED, set_to("testGroups", 0, field, value=value)), [f"'{field}' is not"])
    for field, other in (("publicKeyDer", lambda t: t[:-1] + flipped(t[-1])),
                         ("publicKeyPem", lambda t: t.replace("MCow", "MCoW"))):
        yield "another_key_in_" + field, judged(
            changed(ED, lambda d, f=field, o=other: d["testGroups"][0].update({f: o(d["testGroups"][0][f])})),
            [f"'{field}' is not the encoding of 'publicKey'"])
    keys = [group["publicKeyJwk"] for group in SHIPPED[ED]["testGroups"]]
    another = next(key for key in keys if key["x"] != keys[0]["x"])
    for field, value in (("x", "-1"), ("x", another["x"]), ("kty", "EC"),
                         ("crv", "X25519"), ("y", "")):
        yield f"jwk_{field}_{value[:8]}", judged(
            changed(ED, set_to("testGroups", 0, "publicKeyJwk", field, value=value)), ["tcId 1: "])
    yield "control_characters", judged(in_test(GCM, result="\x1b[31m\n"), ["the result '?[31m?'"])


def flipped(text):
    return ("1" if text[0] != "1" else "2") + text[1:]


def wrong_values():
    """One value of one test of every file, one after another: each has to be seen."""
    for name in SHIPPED:
        if not name.startswith("wycheproof/"):
            continue
        findings = []
        for result in ("valid", "invalid", "acceptable"):
            places = [(g, t) for g, group in enumerate(SHIPPED[name]["testGroups"])
                      for t, test in enumerate(group["tests"]) if test["result"] == result]
            # 75 tests of AES-GCM are valid and out of profile: refused either way.
            in_profile = [(g, t) for g, t in places if name != GCM or SHIPPED[name]["testGroups"][g]["ivSize"] == 96]
            for g, t in in_profile[:2] + in_profile[-1:]:
                test = SHIPPED[name]["testGroups"][g]["tests"][t]
                other = {"valid": "invalid", "invalid": "valid"}.get(result)
                if other is None:
                    refused = "ZeroSharedSecret" in test["flags"] or "ShortKey" in test["flags"]
                    other = "valid" if refused else "invalid"
                findings += judged(changed(name, set_to("testGroups", g, "tests", t, "result", value=other)),
                                   [f"tcId {test['tcId']}: "])
                if result != "valid":
                    continue
                for field in ("key", "iv", "aad", "msg", "ct", "tag", "ikm", "salt", "info", "okm", "sig", "shared"):
                    if test.get(field):
                        findings += judged(changed(name, set_to("testGroups", g, "tests", t, field,
                                                                value=flipped(test[field]))),
                                           [f"tcId {test['tcId']}: "])
        yield "wrong_value_in_" + pathlib.Path(name).stem, findings


def unnamed(data):
    """As the authors of the RFC publish the sets: no names, and messages from 0 on without their numbers."""
    for one in data:
        del one["suite"], one["name"]
        one["encryptions"] = one["encryptions"][:3]
        for test in one["encryptions"]:
            del test["sequence number"]


def other_formats():
    for field in ("info", "ikmE", "pkEm", "skEm", "ikmR", "pkRm", "skRm", "psk", "psk_id", "enc", "shared_secret",
                  "key_schedule_context", "secret", "key", "base_nonce", "exporter_secret"):
        yield "hpke_" + field, judged(changed(HPKE, set_to(0, field, value=flipped(SHIPPED[HPKE][0][field]))),
                                      ["set 0, set up: "])
    for field in ("pt", "aad", "nonce", "ct"):
        yield "hpke_" + field, judged(changed(HPKE, set_to(0, "encryptions", 2, field, value="00" + "11" * 11)),
                                      ["set 0, encryption 2: "])
    yield "hpke_sequence", judged(changed(HPKE, set_to(0, "encryptions", 2, "sequence number", value="3")),
                                  ["set 0, encryption 2: "])
    yield "hpke_sequence_far_away", judged(
        changed(HPKE, set_to(0, "encryptions", 2, "sequence number", value="99999999999999")), ["encryption 2: "])
    yield "hpke_export", judged(changed(HPKE, set_to(1, "exports", 0, "exported_value", value="00" * 32)),
                                ["set 1, export 0: the secret came out differently"])
    yield "hpke_export_length", judged(changed(HPKE, set_to(1, "exports", 0, "L", value="31")), ["export 0: 'L'"])
    yield "hpke_kem", judged(changed(HPKE, set_to(0, "kem_id", value="16")), ["set 0: kem_id 16"])
    yield "hpke_aead", judged(changed(HPKE, set_to(0, "aead_id", value="4")), ["set 0: aead_id 4"])
    yield "hpke_mode", judged(changed(HPKE, set_to(0, "mode", value="4")), ["set 0, set up: the mode 4"])
    yield "hpke_mode_without_its_fields", judged(changed(HPKE, set_to(0, "mode", value="2")), ["no field 'ikmS'"])
    for field in ("encryptions", "exports"):
        yield f"hpke_no_{field}", judged(changed(HPKE, set_to(0, field, value=[])), [f"set 0: '{field}' is empty"])
    yield "hpke_encryptions_without_a_cipher", judged(
        changed(HPKE, lambda d: d[2].update(encryptions=d[0]["encryptions"])), ["set 2, encryption 0: a suite that only"])
    for field, value in (("suite", -1), ("suite", ""), ("suite", SHIPPED[HPKE][1]["suite"]),
                         ("name", "Base Setup Information")):
        yield f"hpke_{field}_{str(value)[:5]}", judged(changed(HPKE, set_to(0, field, value=value)),
                                                      ["set 0, set up: ", field])
    yield "hpke_empty_export", judged(changed(HPKE, lambda d: d[0]["exports"][0].update(L="0", exported_value="")),
                                      ["set 0, export 0: 'exported_value' is empty"])
    yield "hpke_of_the_authors", judged(changed(HPKE, unnamed), [], 0, "18 passed, 0 failed")
    yield "hpke_half_named", judged(changed(HPKE, lambda d: d[0].pop("name") and None), ["set 0, set up: no field 'name'"])
    yield "hpke_unknown_field", judged(changed(HPKE, set_to(0, "extra", value="")), ["unknown field 'extra'"])
    for field in SHIPPED[XAES]["vectors"][0]:
        if field not in ("comment", "aad"):
            value = flipped(SHIPPED[XAES]["vectors"][0][field])
            yield "xaes_" + field, judged(changed(XAES, set_to("vectors", 0, field, value=value)), ["vector 0: "])
    yield "xaes_unknown_field", judged(changed(XAES, set_to("vectors", 0, "x", value="")), ["unknown field 'x'"])
    yield "xaes_nonce_of_12", judged(changed(XAES, set_to("vectors", 0, "nonce", value="00" * 12)),
                                     ["nonce has 12 bytes instead of 24"])
    for field, value in (("key", "x"), ("secret", "x"), ("body", "x"), ("body_md5", "x"), ("string_to_sign", "x"),
                         ("auth_signature", "00" * 32), ("auth_signature", "00" * 31), ("kind", "other")):
        yield f"pusher_{field}", judged(changed(PUSHER, set_to("vectors", 0, field, value=value)), ["vector 0: "])
    for place, fields in ((0, ("key", "body", "body_md5", "secret")), (3, ("key", "secret"))):
        for field in fields:
            yield f"pusher_{place}_{field}_empty", judged(
                changed(PUSHER, set_to("vectors", place, field, value="")), [f"vector {place}: '"])
    for place, kind in ((1, "presence"), (2, "private"), (3, "private"), (0, "user"), (1, "http")):
        yield f"pusher_{place}_as_{kind}", judged(changed(PUSHER, set_to("vectors", place, "kind", value=kind)),
                                                  [f"vector {place}: 'string_to_sign' is not "])
    yield "pusher_part_of_the_key", judged(changed(PUSHER, set_to("vectors", 0, "key", value="278d")),
                                           ["vector 0: 'string_to_sign' has another key"])
    yield "pusher_source", judged(changed(PUSHER, set_to("source", value="")), ["'source' is empty"])
    yield "pusher_unknown_field", judged(changed(PUSHER, set_to("vectors", 1, "x", value="")),
                                         ["vector 1: unknown field 'x'"], 1, "3 passed, 1 failed")


def reduced(data):
    """A shipped file with little enough in it to be run hundreds of times."""
    data = copy.deepcopy(data)
    if "testGroups" in data:
        data["testGroups"] = data["testGroups"][:1]
        data["testGroups"][0]["tests"] = data["testGroups"][0]["tests"][:1]
        data["numberOfTests"] = 1
    elif isinstance(data, list):
        for one in data:
            one["encryptions"], one["exports"] = one["encryptions"][:1], one["exports"][:1]
    return data


def fields_of(data, path=()):
    """The path of every field, at any depth."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        if isinstance(data, dict):
            yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from fields_of(value, (*path, key))


MISSING = object()


def may_be(path, value, flags):
    """What a format leaves open: notes for flags of other tests, their details, and tests without flags."""
    if path[0] == "notes" and value is MISSING:
        return (len(path) == 2 and path[1] not in flags) or path[2:] in (("description",), ("effect",), ("cves",))
    return path[-1] == "flags" and value == []


def every_field():
    """Each field of every format, taken away, and as something else: never a silent skip."""
    for name, shipped in SHIPPED.items():
        data = reduced(shipped)
        flags = data["testGroups"][0]["tests"][0]["flags"] if "testGroups" in data else []
        findings, wrongs = [], {}
        with tempfile.TemporaryDirectory() as folder:
            for path in fields_of(data):
                for value in (MISSING, None, True, -1, 1e308, [], {}):
                    wrong = place = copy.deepcopy(data)
                    for step in path[:-1]:
                        place = place[step]
                    if may_be(path, value, flags) or place[path[-1]] == value:
                        continue
                    place[path[-1]] = value
                    if value is MISSING:
                        del place[path[-1]]
                    file = f"{len(wrongs)}.json"
                    (pathlib.Path(folder) / file).write_text(json.dumps(wrong))
                    wrongs[file] = f"{path} {'missing' if value is MISSING else value}"
            _, out, err = run(folder)
        verdicts = dict(re.findall(r"^(\d+\.json).*: \d+ passed, (\d+) failed$", out, re.M))
        findings += [f"passes: {wrongs[file]}" for file in wrongs if verdicts.get(file, "0") == "0"]
        findings += [err] if err or "json.exception" in out else []
        yield "every_field_of_" + pathlib.Path(name).stem, findings


def main():
    groups = (hostile(), unreadable(), calls(), wycheproof(), wrong_values(), other_formats(), every_field())
    return report(check for group in groups for check in group)


sys.exit(main())
