#!/usr/bin/env python3
"""What `cryptoperiod scenario validate FILE` says about bad files, word for word, and that it takes good ones.

Each bad file must end with exit code 2, nothing on stdout, and exactly the text below on stderr. The files are in bad/;
those that cannot be kept there (a missing one, a directory, 100 MB) are made here.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
CLI = os.environ["CRYPTOPERIOD_CLI"]

EXPECTED = {
    "empty.toml": '''\
empty.toml: error: the file is empty
  check that it was saved; 'cryptoperiod scenario init' writes a first scenario
1 error
''',
    "comment_only.toml": '''\
comment_only.toml: error: 'format' is missing at the top
  add it: format = ...
comment_only.toml: error: 'name' is missing at the top
  add it: name = ...
comment_only.toml: error: 'start' is missing at the top
  add it: start = ...
comment_only.toml: error: 'horizon' is missing at the top
  add it: horizon = ...
comment_only.toml: error: 'fleet' is missing at the top
  add the table [fleet]
comment_only.toml: error: the scenario has no release
  every device has a version: add a [[release]]
6 errors
''',
    "garbage.toml": '''\
garbage.toml:1:8: error: not a text file: byte \\x00 at offset 7
  save the file as UTF-8 text
1 error
''',
    "latin1.toml": '''\
latin1.toml:2:13: error: not a text file: byte \\xdf at offset 23 is not UTF-8
  save the file as UTF-8 text
1 error
''',
    "utf16.toml": '''\
utf16.toml: error: the file is UTF-16
  save it as UTF-8
1 error
''',
    "deep_key.toml": '''\
deep_key.toml:1:34: error: a key with more than 16 dots
  1 | a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = 1
    |                                  ^ no key of a scenario has more than two
1 error
''',
    "syntax.toml": '''\
syntax.toml:6:7: error: cannot read table header: expected ']', saw '\\n'
  6 | [fleet
    |       ^
1 error
''',
    "key_twice.toml": '''\
key_twice.toml:18:11: error: cannot read key-value pair: cannot redefine existing date 'deleted'
  18 | deleted = 2026-01-25
     |           ^
1 error
''',
    "format_2.toml": '''\
format_2.toml:1:10: error: format 2 is not known to this build
  1 | format = 2
    |          ^ it reads format = 1
1 error
''',
    "empty_fleet.toml": '''\
empty_fleet.toml:6:1: error: 'devices' is missing in [fleet]
  6 | [fleet]
    | ^^^^^^^ add it: devices = ...
empty_fleet.toml:6:1: error: 'adoption' is missing in [fleet]
  6 | [fleet]
    | ^^^^^^^ add it: adoption = ...
2 errors
''',
    "no_devices.toml": '''\
no_devices.toml:7:11: error: the fleet has no devices
  7 | devices = 0
    |           ^ give it at least 1
1 error
''',
    "too_many_devices.toml": '''\
too_many_devices.toml:7:11: error: 1,000,000,000,000 devices are more than an engine can number
  7 | devices = 1_000_000_000_000
    |           ^^^^^^^^^^^^^^^^^ at most 4,294,967,295; a sample of 1,000,000 gives the same shares
1 error
''',
    "negative_devices.toml": '''\
negative_devices.toml:7:11: error: 'devices' is negative: -5
  7 | devices = -5
    |           ^^ give 0 or more
1 error
''',
    "horizon_0.toml": '''\
horizon_0.toml:4:11: error: a horizon of 0d leaves nothing to simulate
  4 | horizon = "0d"
    |           ^^^^ give it at least one day, such as 720d
1 error
''',
    "horizon_hours.toml": '''\
horizon_hours.toml:4:11: error: the horizon of 36h is not a whole number of days
  4 | horizon = "36h"
    |           ^^^^^ write 2d
1 error
''',
    "horizon_long.toml": '''\
horizon_long.toml:4:11: error: the horizon of 9000d is longer than 20 years
  4 | horizon = "9000d"
    |           ^^^^^^^ write at most 7305d
1 error
''',
    "first_release_late.toml": '''\
first_release_late.toml:12:8: error: the first release is of 2026-01-06, after the start on 2026-01-05
  12 | date = 2026-01-06
     |        ^^^^^^^^^^ every device needs a version at the start: add the release it has then
1 error
''',
    "release_before_set.toml": '''\
release_before_set.toml:18:16: error: release '1.1' of 2026-01-10 embeds 'k2', which is created on 2026-01-12
  18 | credentials = ["k2"]
     |                ^^^^ create the set first, or date the release 2026-01-12 or later
1 error
''',
    "release_before_activation.toml": '''\
release_before_activation.toml:18:16: error: release '1.1' of 2026-01-10 embeds 'k2', which is activated on 2026-01-11
  18 | credentials = ["k2"]
     |                ^^^^ activate the set first, or date the release 2026-01-11 or later
1 error
''',
    "event_after_deletion.toml": '''\
event_after_deletion.toml:18:11: error: 'k1' is retired on 2026-01-25, after its deletion on 2026-01-20
  18 | retired = 2026-01-25
     |           ^^^^^^^^^^ deleted is for ever: remove the date, or delete later
event_after_deletion.toml:19:15: error: 'k1' is compromised on 2026-01-21, after its deletion on 2026-01-20
  19 | compromised = 2026-01-21
     |               ^^^^^^^^^^ deleted is for ever: remove the date, or delete later
2 errors
''',
    "set_twice.toml": '''\
set_twice.toml:20:6: error: credential set 'k1' is listed twice
  20 | id = "k1"
     |      ^^^^ put all its dates into one [[credential_set]]
1 error
''',
    "served.toml": '''\
served.toml:18:12: error: release '1.1' fetches its set, but no set is ever served
  18 | delivery = "served"
     |            ^^^^^^^^ give a [[credential_set]] its served date
served.toml:19:15: error: a served release embeds no credential set
  19 | credentials = ["k1"]
     |               ^^^^^^ remove it; the server hands out the set with the latest served date
served.toml:24:9: error: an embedded set has no cache
  24 | cache = "6h"
     |         ^^^^ remove it, or write delivery = "served"
3 errors
''',
    "order.toml": '''\
order.toml:17:8: error: release '0.9' of 2025-01-01 stands after '1.0' of 2025-06-02
  17 | date = 2025-01-01
     |        ^^^^^^^^^^ releases ascend by date
order.toml:21:11: error: version '1.0' is released twice
  21 | version = "1.0"
     |           ^^^^^ give each release a version of its own
order.toml:33:8: error: the forced update of 2026-01-10 stands after that of 2026-01-20
  33 | date = 2026-01-10
     |        ^^^^^^^^^^ forced updates ascend by date
order.toml:37:8: error: the forced update of 2026-05-01 comes after the horizon ends on 2026-02-04
  37 | date = 2026-05-01
     |        ^^^^^^^^^^ remove it, or lengthen the horizon
order.toml:38:11: error: the minimum goes back from '0.9' to '1.0'
  38 | minimum = "1.0"
     |           ^^^^^ a later forced update demands the same version or a newer one
5 errors
''',
    "percentages.toml": '''\
percentages.toml:14:36: error: share: '120 %' is more than 100 %
  14 | rollout = [{ after = "0d", share = "120 %" }]
     |                                    ^^^^^^^
percentages.toml:22:10: error: comply: '-5 %' is negative; a share is not
  22 | comply = "-5 %"
     |          ^^^^^^
percentages.toml:27:10: error: 'comply' is 60, more than all
  27 | comply = 60
     |          ^^ a number counts from 0 to 1; a percentage is text: "60 %"
percentages.toml:30:26: error: the limit 1.01 of a share is 101 %
  30 | "devices.broken.share" = "< 101 %"
     |                          ^^^^^^^^^ give 0 % to 100 %; with a number, 1 is all
percentages.toml:31:20: error: 'devices.broken' is a count, not a share
  31 | "devices.broken" = "< 1 %"
     |                    ^^^^^^^ compare it with a number
5 errors
''',
    "nan.toml": '''\
nan.toml:9:17: error: 'opens_per_day' is nan, which is no number
  9 | opens_per_day = nan
    |                 ^^^ give a finite number
nan.toml:10:22: error: 'share' is inf, which is no number
  10 | dormancy = { share = inf, tail = -nan }
     |                      ^^^ give a finite number
nan.toml:10:34: error: 'tail' is nan, which is no number
  10 | dormancy = { share = inf, tail = -nan }
     |                                  ^^^^ give a finite number
nan.toml:21:20: error: 'nan' is not a number
  21 | "devices.broken" = "< nan"
     |                    ^^^^^^^ write it like "< 0.1 %" or "<= 2"
4 errors
''',
    "negative_durations.toml": '''\
negative_durations.toml:14:10: error: review: '-1d' is negative; a duration is not
  14 | review = "-1d"
     |          ^^^^^
negative_durations.toml:20:11: error: session: '-10m' is negative; a duration is not
  20 | session = "-10m"
     |           ^^^^^^
negative_durations.toml:21:15: error: propagation: '60' is not a duration; write it like 540d, 6h, 30m, 60s
  21 | propagation = "60"
     |               ^^^^
3 errors
''',
    "wrong_types.toml": '''\
wrong_types.toml:1:10: error: 'format' must be an integer, not text
  1 | format = "1"
    |          ^^^ write digits alone, such as 1_000
wrong_types.toml:2:8: error: 'name' must be text, not an integer
  2 | name = 7
    |        ^ put it in quotes
wrong_types.toml:3:9: error: 'start' must be a date, not an integer
  3 | start = 20260105
    |         ^^^^^^^^ write it like 2026-01-05
wrong_types.toml:4:11: error: 'horizon' must be a duration, not an integer
  4 | horizon = 30
    |           ^^ write it like "540d", "6h", "30m"
wrong_types.toml:5:11: error: 'release' must be a list of tables, not text
  5 | release = "1.0"
    |           ^^^^^ write [[release]]
wrong_types.toml:8:11: error: 'devices' must be an integer, not text
  8 | devices = "1e6"
    |           ^^^^^ write digits alone, such as 1_000
wrong_types.toml:9:12: error: 'adoption' must be a preset, a .csv file or a table, not an integer
  9 | adoption = 5
    |            ^ the usual one is "store"
wrong_types.toml:10:17: error: 'opens_per_day' must be a number, not text
  10 | opens_per_day = "often"
     |                 ^^^^^^^ write digits alone, such as 1.5
wrong_types.toml:11:21: error: 'daily_profile' must be a number, not text
  11 | daily_profile = [1, "two", 3]
     |                     ^^^^^ write digits alone, such as 1.5
wrong_types.toml:12:12: error: 'dormancy' must be true or a table, not a number with a point
  12 | dormancy = 0.2
     |            ^^^ true takes the measured breaks
wrong_types.toml:14:1: error: 'credential_set' must be a list of tables, not a table
  14 | [credential_set]
     | ^^^^^^^^^^^^^^^^ write [[credential_set]]
wrong_types.toml:18:13: error: 'drop_live' must be true or false, not text
  18 | drop_live = "yes"
     |             ^^^^^
wrong_types.toml:19:18: error: 'retry_attempts' must be an integer, not a number with a point
  19 | retry_attempts = 2.5
     |                  ^^^ write digits alone, such as 1_000
13 errors
''',
    "dates.toml": '''\
dates.toml:3:9: error: 'start' has a time of day, but no zone
  3 | start = 2026-01-05T10:00:00
    |         ^^^^^^^^^^^^^^^^^^^ end it with Z: times are UTC
dates.toml:12:8: error: date: '2025-02-30' is not a day of the calendar
  12 | date = "2025-02-30"
     |        ^^^^^^^^^^^^
dates.toml:17:11: error: 'created' is not in UTC
  17 | created = 2024-01-01T00:00:00+01:00
     |           ^^^^^^^^^^^^^^^^^^^^^^^^^ convert it and end it with Z
dates.toml:18:11: error: 'deleted' must be a date, not a time of day
  18 | deleted = 10:00:00
     |           ^^^^^^^^ write it like 2026-01-05
4 errors
''',
    "law.toml": '''\
law.toml:8:12: error: tau_laggard is 0d while w_laggard is 0.2
  8 | adoption = { tau_prompt = "4d", w_prompt = 0.7, w_laggard = 0.2 }
    |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    | give the mean time between update opportunities, such as 5d
law.toml:8:12: error: the weights add up to 0.9, not to 1
  8 | adoption = { tau_prompt = "4d", w_prompt = 0.7, w_laggard = 0.2 }
    |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    | w_prompt, w_laggard and w_never are shares of all devices
2 errors
''',
    "unknown_keys.toml": '''\
unknown_keys.toml:5:1: error: unknown key 'sart' at the top
  5 | sart = 1
    | ^^^^ did you mean 'start'?
unknown_keys.toml:8:1: error: unknown key 'devises' in [fleet]
  8 | devises = 1000
    | ^^^^^^^ did you mean 'devices'?
unknown_keys.toml:10:1: error: unknown key 'horizon' in [fleet]
  10 | horizon = "3d"
     | ^^^^^^^ 'horizon' belongs to the top, above the first [table]
unknown_keys.toml:11:1: error: unknown key 'colour' in [fleet]
  11 | colour = "red"
     | ^^^^^^ known keys: devices, adoption, opens_per_day, daily_profile, dormancy
unknown_keys.toml:21:2: error: unknown key 'conections' at the top
  21 | [conections]
     |  ^^^^^^^^^^ did you mean 'connections'?
5 errors
''',
    "unknown_names.toml": '''\
unknown_names.toml:8:12: error: unknown adoption preset 'stor'
  8 | adoption = "stor"
    |            ^^^^^^ did you mean 'store'?
unknown_names.toml:13:16: error: release '1.0' embeds the unknown credential set 'k'
  13 | credentials = ["k"]
     |                ^^^ did you mean 'k1'?
unknown_names.toml:14:11: error: 'rollout' cannot be 'app_store_fased'
  14 | rollout = "app_store_fased"
     |           ^^^^^^^^^^^^^^^^^ did you mean 'app_store_phased'?
unknown_names.toml:15:13: error: 'on_reject' cannot be 'give up'
  15 | on_reject = "give up"
     |             ^^^^^^^^^ choices: stop, retry, loop
unknown_names.toml:22:11: error: the minimum '1.O' is no release of the scenario
  22 | minimum = "1.O"
     |           ^^^^^ did you mean '1.0'?
5 errors
''',
    "unknown_metric.toml": '''\
unknown_metric.toml:19:1: error: unknown metric 'devices.brokn.share'
  19 | "devices.brokn.share" = "< 1 %"
     | ^^^^^^^^^^^^^^^^^^^^^ did you mean 'devices.broken.share'?
unknown_metric.toml:20:1: error: unknown metric 'latency'
  20 | "latency" = "< 3"
     | ^^^^^^^^^
     | known metrics: devices.broken, devices.broken.share, devices.blocked, devices.blocked.share, connections.attempts, connections.failed, connections.failed.share, opens.update_required, credential_sets.live, exposure.days, updates.installed, updates.forced, server.fetches
unknown_metric.toml:21:1: error: 'devices' is only a part of a metric
  21 | devices.broken = "< 3"
     | ^^^^^^^ put the whole name in quotes: "devices.broken.share" = "< 0.1 %"
unknown_metric.toml:22:26: error: 'about 2' does not begin with <, <=, >, >= or ==
  22 | "credential_sets.live" = "about 2"
     |                          ^^^^^^^^^ write it like "< 0.1 %" or "<= 2"
4 errors
''',
    "csv_missing.toml": '''\
csv_missing.toml:8:12: error: csv_missing.csv: there is no such file
  8 | adoption = "csv_missing.csv"
    |            ^^^^^^^^^^^^^^^^^ check the path
1 error
''',
    "csv_name.toml": '''\
csv_name.toml:8:12: error: unknown adoption preset 'shares.txt'
  8 | adoption = "shares.txt"
    |            ^^^^^^^^^^^^
    | presets: auto_fast, auto, auto_4w, store, store_slow, os_point, os_major, enterprise, os_desktop; or a .csv file
1 error
''',
    "csv_empty.toml": '''\
csv_empty.toml:8:12: error: csv_empty.csv: the file is empty
  8 | adoption = "csv_empty.csv"
    |            ^^^^^^^^^^^^^^^ check that it was saved
1 error
''',
    "csv_garbage.toml": '''\
csv_garbage.csv:2:17: error: not a text file: byte \\x00 at offset 35
  save the file as UTF-8 text
1 error
''',
    "csv_header.toml": '''\
csv_header.csv:1:1: error: the header is not 'date,version,share'
  1 | day;version;share
    | ^^^^^^^^^^^^^^^^^ separate columns by commas, and write shares with a point: 93.5
1 error
''',
    "csv_columns.toml": '''\
csv_columns.csv:1:1: error: the header is not 'date,version,share'
  1 | day,version,share
    | ^^^^^^^^^^^^^^^^^ the first line names the columns
1 error
''',
    "csv_no_rows.toml": '''\
csv_no_rows.csv:1:1: error: no measurement follows
  1 | date,version,share
    | ^^^^^^^^^^^^^^^^^^ add lines such as 2026-01-05,4.1,93.5
1 error
''',
    "csv_lines.toml": '''\
csv_lines.csv:4:16: error: share 'ten' is not a number
  4 | 2026-01-12,1.1,ten
    |                ^^^ write it like 0.935, 93.5 or 93.5 %
csv_lines.csv:5:12: error: '1.0' is measured twice on 2026-01-12
  5 | 2026-01-12,1.0,0.9
    |            ^^^ the first time is line 3
csv_lines.csv:6:1: error: '2026-02-30' is not a day of the calendar
  6 | 2026-02-30,1.0,0.8
    | ^^^^^^^^^^
csv_lines.csv:7:1: error: 4 fields instead of 3
  7 | 2026-01-19,1.0,0.8,x
    | ^^^^^^^^^^^^^^^^^^^^ a line is date,version,share
csv_lines.csv:8:1: error: 2 fields instead of 3
  8 | 2026-01-19,1.0
    | ^^^^^^^^^^^^^^ a line is date,version,share
csv_lines.csv:9:12: error: the quote never ends
  9 | 2026-01-26,"1.0,0.7
    |            ^ double a quote to keep it
csv_lines.csv:10:12: error: a quote inside a field without quotes
  10 | 2026-01-26,1".1,0.3
     |            ^ double a quote to keep it
csv_lines.csv:11:16: error: share -0.4 is negative
  11 | 2026-02-02,1.0,-0.4
     |                ^^^^ the smallest share is 0
csv_lines.csv:12:12: error: the version is empty
  12 | 2026-02-02,,0.6
     |            ^ name it as its [[release]]
csv_lines.csv:13:16: error: share 'nan' is not a number
  13 | 2026-02-04,1.0,nan
     |                ^^^ write it like 0.935, 93.5 or 93.5 %
csv_lines.csv:14:16: error: share 1.2 is more than 1
  14 | 2026-02-04,1.1,1.2
     |                ^^^ the shares of this file are fractions of 1
11 errors
''',
    "csv_gap.toml": '''\
csv_gap.csv:7:1: error: no measurement between 2026-01-07 and 2026-01-20
  7 | 2026-01-20,1.0,70
    | ^^^^^^^^^^ the others are 1d apart; add the missing dates, or use one side of the gap
csv_gap.csv:9:1: error: no measurement between 2026-01-20 and 2026-02-04
  9 | 2026-02-04,1.0,60
    | ^^^^^^^^^^ the others are 1d apart; add the missing dates, or use one side of the gap
2 errors
''',
    "csv_sums.toml": '''\
csv_sums.csv:3:1: error: the shares of 2026-01-12 add up to 90 %, not to 100 %
  3 | 2026-01-12,1.0,80
    | ^^^^^^^^^^ every date needs the shares of all versions
csv_sums.csv:7:1: error: the shares of 2026-01-26 add up to 111 %, not to 100 %
  7 | 2026-01-26,1.0,70
    | ^^^^^^^^^^ every date needs the shares of all versions
2 errors
''',
    "csv_range.toml": '''\
csv_range.toml:8:12: error: the measured shares begin on 2026-01-08, after the start on 2026-01-05
  8 | adoption = "csv_range.csv"
    |            ^^^^^^^^^^^^^^^ start on 2026-01-08 or later, or use a preset
csv_range.toml:8:12: error: the measured shares end on 2026-01-22, before the horizon does on 2026-02-04
  8 | adoption = "csv_range.csv"
    |            ^^^^^^^^^^^^^^^
    | shorten the horizon to 17d, or use a preset: measured shares do not extrapolate
2 errors
''',
    "csv_versions.toml": '''\
csv_versions.toml:16:11: error: release '1.1' has no measured shares
  16 | version = "1.1"
     |           ^^^^^ add them, or remove the release: what was not measured cannot be replayed
csv_versions.toml:21:11: error: release '2.0' has no measured shares
  21 | version = "2.0"
     |           ^^^^^ add them, or remove the release: what was not measured cannot be replayed
csv_versions.csv:4:12: error: '1.01' has measured shares, but is no release of the scenario
  4 | 2026-01-12,1.01,10
    |            ^^^^ did you mean '1.0'?
3 errors
''',
    "wide.toml": '''\
wide.toml:7:12: error: 'devices' must be an integer, not text
  7 |     devices =   "日本"  # tabs
    |                 ^^^^^^ write digits alone, such as 1_000
wide.toml:8:12: error: unknown adoption preset 'stör'
  8 | adoption = "stör"
    |            ^^^^^^
    | presets: auto_fast, auto, auto_4w, store, store_slow, os_point, os_major, enterprise, os_desktop; or a .csv file
2 errors
''',
    "control.toml": '''\
control.toml:5:1: error: unknown key '\\x1b[31mred' at the top
  5 | "\\u001b[31mred" = 1
    | ^^^^^^^^^^^^^^^
    | known keys: format, name, start, horizon, fleet, release, credential_set, forced_update, connections, promises
control.toml:6:1: error: unknown key '\\u{202e}reversed' at the top
  6 | "\\u202ereversed" = 2
    | ^^^^^^^^^^^^^^^^
    | known keys: format, name, start, horizon, fleet, release, credential_set, forced_update, connections, promises
control.toml:20:11: error: deleted: '2026-01-05\\x0a\\x1b[2J' is not a time; write it like 2026-01-05T13:30Z, in UTC
  20 | deleted = "2026-01-05\\n\\u001b[2J" # \\u{202e}
     |           ^^^^^^^^^^^^^^^^^^^^^^^
3 errors
''',
    "long_line.toml": '''\
long_line.toml:8:102: error: unknown key 'w_nevr' in adoption
  8 | ...300d", w_prompt = 0.7, w_laggard = 0.2, w_nevr = 0.1 } # xxxxxxxxxxxxxxxxxxxxxxxxxxxx...
    |                                            ^^^^^^ did you mean 'w_never'?
1 error
''',
    "several.toml": '''\
several.toml:4:11: error: a horizon of 0d leaves nothing to simulate
  4 | horizon = "0d"
    |           ^^^^ give it at least one day, such as 720d
several.toml:7:11: error: the fleet has no devices
  7 | devices = 0
    |           ^ give it at least 1
several.toml:8:12: error: unknown adoption preset 'stor'
  8 | adoption = "stor"
    |            ^^^^^^ did you mean 'store'?
several.toml:12:8: error: the first release is of 2026-01-10, after the start on 2026-01-05
  12 | date = 2026-01-10
     |        ^^^^^^^^^^ every device needs a version at the start: add the release it has then
several.toml:13:16: error: release '1.1' of 2026-01-10 embeds 'k2', which is created on 2026-01-12
  13 | credentials = ["k2"]
     |                ^^^^ create the set first, or date the release 2026-01-12 or later
several.toml:21:11: error: 'k1' is deleted on 2026-01-01, before it is created on 2026-01-03
  21 | deleted = 2026-01-01
     |           ^^^^^^^^^^ a set is created before it is deleted
several.toml:25:26: error: the limit 1.5 of a share is 150 %
  25 | "devices.broken.share" = "< 150 %"
     |                          ^^^^^^^^^ give 0 % to 100 %; with a number, 1 is all
several.toml:26:1: error: unknown metric 'devices.brokn'
  26 | "devices.brokn" = "< 1"
     | ^^^^^^^^^^^^^^^ did you mean 'devices.broken'?
8 errors
''',
    "many.toml": '''\
many.toml:14:1: error: unknown key 'unknown_00' in [[release]]
  14 | unknown_00 = 0
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:15:1: error: unknown key 'unknown_01' in [[release]]
  15 | unknown_01 = 1
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:16:1: error: unknown key 'unknown_02' in [[release]]
  16 | unknown_02 = 2
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:17:1: error: unknown key 'unknown_03' in [[release]]
  17 | unknown_03 = 3
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:18:1: error: unknown key 'unknown_04' in [[release]]
  18 | unknown_04 = 4
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:19:1: error: unknown key 'unknown_05' in [[release]]
  19 | unknown_05 = 5
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:20:1: error: unknown key 'unknown_06' in [[release]]
  20 | unknown_06 = 6
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:21:1: error: unknown key 'unknown_07' in [[release]]
  21 | unknown_07 = 7
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:22:1: error: unknown key 'unknown_08' in [[release]]
  22 | unknown_08 = 8
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:23:1: error: unknown key 'unknown_09' in [[release]]
  23 | unknown_09 = 9
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:24:1: error: unknown key 'unknown_10' in [[release]]
  24 | unknown_10 = 10
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:25:1: error: unknown key 'unknown_11' in [[release]]
  25 | unknown_11 = 11
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:26:1: error: unknown key 'unknown_12' in [[release]]
  26 | unknown_12 = 12
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:27:1: error: unknown key 'unknown_13' in [[release]]
  27 | unknown_13 = 13
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:28:1: error: unknown key 'unknown_14' in [[release]]
  28 | unknown_14 = 14
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:29:1: error: unknown key 'unknown_15' in [[release]]
  29 | unknown_15 = 15
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:30:1: error: unknown key 'unknown_16' in [[release]]
  30 | unknown_16 = 16
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:31:1: error: unknown key 'unknown_17' in [[release]]
  31 | unknown_17 = 17
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:32:1: error: unknown key 'unknown_18' in [[release]]
  32 | unknown_18 = 18
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
many.toml:33:1: error: unknown key 'unknown_19' in [[release]]
  33 | unknown_19 = 19
     | ^^^^^^^^^^
     | known keys: version, date, review, rollout, delivery, cache, credentials, on_reject
... and 3 more
23 errors
''',
}

EXPECTED_MISSING = '''\
no_such_file.toml: error: there is no such file
  check the path; 'cryptoperiod scenario init' writes a first scenario
1 error
'''

EXPECTED_DIRECTORY = '''\
folder: error: this is a directory
  name a file in it
1 error
'''

EXPECTED_HUGE = '''\
huge.toml: error: the file has 100,000,000 bytes
  at most 16,777,216 are read
1 error
'''

EXPECTED_NAME = '''\
\\x1b[31m.toml: error: the file is empty
  check that it was saved; 'cryptoperiod scenario init' writes a first scenario
1 error
'''

passed = failed = 0


def note(name, problems):
    global passed, failed
    if problems:
        failed += 1
        print(f"FAILED {name}")
        for problem in problems:
            print(problem)
    else:
        passed += 1


def validate(folder, name):
    environment = {**os.environ, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    return subprocess.run([CLI, "scenario", "validate", name], cwd=folder, env=environment, capture_output=True,
                          timeout=60)


def refuses(folder, name, expected):
    run = validate(folder, name)
    problems = []
    if run.returncode != 2:
        problems.append(f"  exit code {run.returncode}, not 2")
    if run.stdout:
        problems.append(f"  stdout: {run.stdout!r}")
    actual = run.stderr.decode("utf-8", "backslashreplace")
    if actual != expected:
        problems += ["  expected:", expected, "  actual:", actual]
    if re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", actual):
        problems.append("  a control character reached the terminal")
    note(f"refuses {name!r}", problems)


def accepts(folder, name, what):
    run = validate(folder, name)
    problems = [] if run.returncode == 0 else [f"  exit code {run.returncode}", run.stderr.decode("utf-8", "replace")]
    note(f"accepts {what}", problems)


def refuses_what_cannot_be_kept(folder):
    refuses(folder, "no_such_file.toml", EXPECTED_MISSING)
    (folder / "folder").mkdir()
    refuses(folder, "folder", EXPECTED_DIRECTORY)
    with open(folder / "huge.toml", "wb") as huge:
        huge.truncate(100_000_000)
    start = time.monotonic()
    refuses(folder, "huge.toml", EXPECTED_HUGE)
    seconds = time.monotonic() - start
    note("refuses a huge file at once", [f"  took {seconds:.1f} s"] if seconds > 5 else [])
    (folder / "\x1b[31m.toml").touch()
    refuses(folder, "\x1b[31m.toml", EXPECTED_NAME)


def accepts_good_files(folder):
    scenarios = sorted((SOURCE / "simulator/scenarios").glob("*.toml"))
    note("finds the scenarios", [] if len(scenarios) >= 6 else [f"  only {len(scenarios)}"])
    for scenario in scenarios:
        accepts(scenario.parent, scenario.name, scenario.name)
    template = re.search(r'R"toml\((.*)\)toml"', (SOURCE / "simulator/input/template.hpp").read_text(), re.DOTALL)
    (folder / "template.toml").write_text(template[1])
    accepts(folder, "template.toml", "what `scenario init` writes")
    text = template[1]
    (folder / "windows.toml").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    accepts(folder, "windows.toml", "a byte order mark and CR LF")
    shares = 'date,version,share\r\n2026-01-05,"1.0",1\r\n2027-01-05,1.0,0.25\r\n2027-01-05,1.1,0.7501\r\n'
    shares += "2026-07-05,1.1,0.5\r\n2026-07-05,1.0,5e-1\r\n"
    (folder / "own.csv").write_bytes(b"\xef\xbb\xbf" + shares.encode())
    (folder / "own.toml").write_text(text.replace('adoption = "store"', 'adoption = "own.csv"'))
    accepts(folder, "own.toml", "measured shares: fractions, quotes, any order")
    signs = "date,version,share\n2026-01-05,1.0,100 %\n2026-07-05,1.0,49.5%\n2026-07-05,1.1,50.5 %\n"
    (folder / "signs.csv").write_text(signs + "2027-01-05,1.0,25\n2027-01-05,1.1,\"75 %\"\n")
    (folder / "signs.toml").write_text(text.replace('adoption = "store"', 'adoption = "signs.csv"'))
    accepts(folder, "signs.toml", "measured shares with the sign")
    for name, adoption in (
            ("mixture", '{ tau_prompt = "4d", tau_laggard = "300d", w_prompt = "71 %", w_laggard = 0.29 }'),
            ("weibull", '{ scale = "12d", shape = 0.45, w_never = "2 %" }')):
        (folder / f"{name}.toml").write_text(text.replace('adoption = "store"', f"adoption = {adoption}"))
        accepts(folder, f"{name}.toml", f"a {name} law")
    # The commented examples of the template are valid, too.
    everything = re.sub(r"^# (dormancy|\[|version|date|minimum|comply|delivery|cache|propagation|drop_live|session|retry_)",
                        r"\1", text, flags=re.MULTILINE)
    everything = everything.replace('id = "k2"', 'id = "k2"\nserved = 2026-01-20')
    (folder / "everything.toml").write_text(everything)
    accepts(folder, "everything.toml", "the template with its comments taken away")


def main():
    bad = HERE / "bad"
    for name, expected in EXPECTED.items():
        refuses(bad, name, expected)
    kept = {path.name for path in bad.glob("*.toml")}
    note("every bad file has its text", [f"  without: {name}" for name in sorted(kept - EXPECTED.keys())])
    with tempfile.TemporaryDirectory() as folder:
        refuses_what_cannot_be_kept(pathlib.Path(folder))
        accepts_good_files(pathlib.Path(folder))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
