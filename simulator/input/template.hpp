/// @file template.hpp
/// The scenario that a new user begins with: valid as it stands, every key explained.
#pragma once

#include <string_view>

namespace cryptoperiod::input {

/// What `scenario init` writes.
inline constexpr std::string_view scenario_template =
    R"toml(# What happens to the fleet when the credential set k1 is deleted?
# Dates are UTC; durations are text ("720d", "6h", "30m"); shares are text ("5 %") or 0.05.
format = 1
name = "my-rotation"
start = 2026-01-05
horizon = "360d"                # how long is simulated: whole days

[fleet]
devices = 1_000_000
# How fast devices update. One of nine measured presets: auto_fast, auto, auto_4w, store,
# store_slow, os_point, os_major, enterprise, os_desktop; or the name of a CSV file with your own
# telemetry (date,version,share); or numbers, on one line:
# { tau_prompt = "4d", tau_laggard = "300d", w_prompt = 0.7, w_laggard = 0.29, w_never = "1 %" }
adoption = "store"
opens_per_day = 1.2             # of one device, on average
# dormancy = true               # devices that lie in a drawer for months, as measured
# daily_profile = [ ... ]       # 24 weights, from 00:00 UTC; left out: level

# The versions of the app, oldest first. Every device begins with the first one; releases before
# the start are lived through.
[[release]]
version = "1.0"
date = 2025-06-02
credentials = ["k1"]            # the credential set inside the package

[[release]]
version = "1.1"
date = 2026-01-12
review = "1d"                   # until the store offers it
rollout = "app_store_phased"    # immediate, app_store_phased, play_staged, or stages of your own:
# rollout = [{ after = "0d", share = "10 %" }, { after = "3d", share = "100 %" }]
credentials = ["k2"]
on_reject = "retry"             # after a rejected connection: stop, retry (backoff), loop

# An app may fetch its set from your server instead; then a set needs a date `served`:
# [[release]]
# version = "2.0"
# date = 2026-03-02
# delivery = "served"
# cache = "6h"

# The life of each set: created, activated, served, retired, deleted; compromised when it leaked.
[[credential_set]]
id = "k1"
deleted = 2026-07-06

[[credential_set]]
id = "k2"
created = 2026-01-07

# From a date on, older versions ask for the update when they are opened:
# [[forced_update]]
# date = 2026-06-01
# minimum = "1.1"
# comply = "60 %"               # who installs it at once

# [connections]
# propagation = "60s"           # until a deletion is seen everywhere
# drop_live = false             # a deletion closes the connections made with the set
# session = "10m"
# retry_attempts = 5
# retry_first = "1s"
# retry_longest = "1m"

# What must hold; the exit code is 1 when one of these does not.
[promises]
"devices.broken.share" = "< 5 %"
"connections.failed.share" = "< 2 %"
"credential_sets.live" = "<= 2"
)toml";

}  // namespace cryptoperiod::input
