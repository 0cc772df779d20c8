/// @file scenario.hpp
/// What is to be simulated, as plain data: a fleet, its releases, the credential sets they carry,
/// the operator's dates, the promises to keep. `validate` finds every contradiction in one pass.
#pragma once

#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/delivery.hpp>
#include <cryptoperiod/fleet/adoption.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cryptoperiod::fleet {

/// From `after` the release on, `share` (cumulative, in [0, 1]) of the devices are offered it.
struct rollout_stage {
    milliseconds after{0};
    double share = 1;
};

/// Stages ascending in time and share; empty = everyone at once. A last share below 1 is a halted
/// rollout; a long gap between two stages is a paused one.
using rollout = std::vector<rollout_stage>;

/// App Store phased release: 1, 2, 5, 10, 20, 50, 100 % on days 1 to 7.
[[nodiscard]] inline rollout app_store_phased() {
    rollout stages;
    for (int day = 0; double const share : {.01, .02, .05, .10, .20, .50, 1.0})
        stages.push_back({days{day++}, share});
    return stages;
}

/// A usual staged rollout by hand on Google Play (guide values of aso.dev/google-play/rollout).
[[nodiscard]] inline rollout play_staged() {
    using std::chrono::hours;
    return {{hours{0}, .01},  {hours{12}, .05}, {hours{30}, .10},
            {hours{54}, .25}, {hours{78}, .50}, {hours{114}, 1.0}};
}

/// What an app version does when its connection is rejected (close code 4001, or 401).
enum class reject_policy : std::uint8_t {
    stop,   ///< waits for the next open (pusher-js)
    retry,  ///< exponential backoff, `connections::retry_*`
    loop,   ///< again and again until the session ends, every `connections::retry_first`
};

/// One version of the app.
struct release {
    std::string version;
    time_point date{};       ///< handed in to the store
    milliseconds review{0};  ///< until the store offers it
    rollout stages{};
    credentials::delivery delivery = credentials::embedded{};
    reject_policy on_reject = reject_policy::stop;
};

/// The operator's dates for one credential set. What is left out never happens; without `created`
/// the set is older than the scenario, without `activated` it works as soon as it is created.
struct credential_set_plan {
    std::string id;
    std::optional<time_point> created{}, activated{}, served{}, retired{}, deleted{}, compromised{};
};

/// From `date` on, a version older than `minimum` asks for the update when it is opened: the update
/// is installed at once with probability `comply`, else the open fails as update_required.
struct forced_update {
    time_point date{};
    std::string minimum;
    double comply = 1;
};

/// Breaks in the use of a device: with probability `share` it has one of at least `shortest`, whose
/// length has a Pareto tail, P(break >= x) = share (x / shortest)^-tail. *Assumptions*: one break
/// at most, which begins at a uniform moment of the horizon (a longer horizon thins the breaks
/// out), and the device is off in it: no opens, no update opportunities. Default: measured (Adjust,
/// see simulator/scenarios/DATA.md).
struct dormancy {
    double share = 0.22;
    milliseconds shortest = days{50};
    double tail = 1.51;
};

/// How connections behave.
struct connections {
    milliseconds propagation = std::chrono::seconds{60};  ///< of a set's creation or deletion
    bool drop_live = false;  ///< deleting a set closes the connections made with it
    milliseconds session = std::chrono::minutes{10};     ///< how long a connection lives
    unsigned retry_attempts = 5;                         ///< of reject_policy::retry
    milliseconds retry_first = std::chrono::seconds{1};  ///< first wait; doubles with each retry
    milliseconds retry_longest = std::chrono::minutes{1};
};

enum class comparison : std::uint8_t { less, at_most, greater, at_least, equal };

/// A threshold on a metric (metrics.hpp knows the names).
struct promise {
    std::string metric;
    comparison op = comparison::less;
    double limit = 0;  ///< 0.001 for "0.1 %"
    std::string text;  ///< as the user wrote it, for reports; empty = made from op and limit
};

/// Everything that an engine needs to know.
struct scenario {
    std::string name;
    time_point start{};
    milliseconds horizon{days{720}};  ///< a whole number of days
    std::uint64_t devices = 0;
    adoption update_law = adoption_law{};
    std::string adoption_name;  ///< preset or file, for reports
    double opens_per_day = 1;
    std::vector<double> daily_profile;  ///< 24 weights, from 00:00 UTC; empty = level
    std::optional<dormancy> breaks;
    std::vector<release> releases;  ///< ascending by date
    std::vector<credential_set_plan> credential_sets;
    std::vector<forced_update> forced_updates;
    connections net;
    std::vector<promise> promises;

    [[nodiscard]] time_point end() const { return start + horizon; }
};

/// One contradiction: where ("release[1].credentials", counted from 0), what, and what would mend
/// it.
struct problem {
    std::string path, message, help;
    errc code = errc::inconsistent;
};

}  // namespace cryptoperiod::fleet
