/// @file random_scenarios.hpp
/// Scenarios drawn from a number, with every feature of the model in all mixtures. Same number,
/// same scenario, on every compiler (no distribution of the standard library).
#pragma once

#include "shapes.hpp"

#include <algorithm>
#include <cmath>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/fleet/scenario.hpp>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace cryptoperiod::test {

/// Random numbers for drawing test cases.
class dice {
public:
    explicit dice(std::uint64_t seed) : words_(seed) {}

    [[nodiscard]] std::uint64_t word() { return words_(); }
    [[nodiscard]] std::uint64_t below(std::uint64_t count) { return words_() % count; }
    [[nodiscard]] double unit() { return static_cast<double>(words_() >> 11U) * 0x1p-53; }
    [[nodiscard]] bool chance(double p) { return unit() < p; }
    [[nodiscard]] std::int64_t whole(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
    }
    [[nodiscard]] double real(double low, double high) { return low + (high - low) * unit(); }
    [[nodiscard]] double log_between(double low, double high) {
        return low * std::exp(std::log(high / low) * unit());
    }

private:
    std::mt19937_64 words_;
};

/// Draws one scenario.
class scenario_dice {
public:
    explicit scenario_dice(std::uint64_t seed) : dice_(seed) {}

    [[nodiscard]] fleet::scenario draw() {
        s_ = {};
        s_.name = "random";
        s_.start = day_zero + (dice_.chance(0.3) ? milliseconds{dice_.whole(0, ms_per_day - 1)}
                                                 : milliseconds{0});
        auto const longest = dice_.chance(0.3) ? 5 : dice_.chance(0.6) ? 120 : 900;
        auto const days_long = dice_.whole(1, longest);
        s_.horizon = days{days_long};
        horizon_ = days_long * ms_per_day;
        s_.opens_per_day = dice_.log_between(0.05, 40);
        double const most = 25'000 / (s_.opens_per_day * static_cast<double>(days_long));
        s_.devices = 1 + dice_.below(static_cast<std::uint64_t>(std::clamp(most, 1.0, 300.0)));
        sets();
        releases();
        law();
        forces();
        net();
        habits();
        return s_;
    }

private:
    [[nodiscard]] time_point moment(std::int64_t low, std::int64_t high) {
        auto const at = dice_.whole(low, std::max(low, high));
        // Often on a whole hour, so that several things happen at the same moment.
        bool const round = dice_.chance(0.5) && at - at % ms_per_hour >= low;
        return s_.start + milliseconds{round ? at - at % ms_per_hour : at};
    }
    [[nodiscard]] std::int64_t since_start(time_point t) const { return (t - s_.start).count(); }

    void sets() {
        auto const count = dice_.whole(1, 5);
        for (std::int64_t i = 0; i < count; ++i) {
            auto set = set_named(concat("k", std::to_string(i)));
            std::int64_t from = -100 * ms_per_day;
            auto const step = [&](std::optional<time_point>& when, double p) {
                if (!dice_.chance(p)) return;
                when = moment(from, horizon_);
                from = since_start(*when);
            };
            if (i > 0) step(set.created, 0.6);
            if (i > 0) step(set.activated, 0.2);
            step(set.served, 0.5);
            step(set.compromised, 0.3);
            if (set.created) from = std::max(from, since_start(*set.created));
            step(set.retired, 0.3);
            if (dice_.chance(0.75))
                set.deleted = moment(std::max<std::int64_t>(from, -5), horizon_ * 5 / 4);
            s_.credential_sets.push_back(set);
        }
    }
    void releases() {
        auto const count = dice_.whole(1, 12);
        std::vector<time_point> dates{moment(-400 * ms_per_day, 0)};
        for (std::int64_t i = 1; i < count; ++i)
            dates.push_back(dice_.chance(0.15) ? dates.back()
                                               : moment(since_start(dates.front()), horizon_));
        std::sort(dates.begin(), dates.end());
        for (auto const date : dates) {
            auto r = release_at(date);
            r.version = concat("v", std::to_string(s_.releases.size()));
            r.on_reject = static_cast<fleet::reject_policy>(dice_.below(3));
            if (dice_.chance(0.3)) r.review = milliseconds{dice_.whole(0, 5 * ms_per_day)};
            r.stages = stages();
            s_.releases.push_back(r);
        }
    }
    [[nodiscard]] fleet::release release_at(time_point date) {
        bool served = false;
        std::vector<std::size_t> usable;
        for (std::size_t i = 0; i < s_.credential_sets.size(); ++i) {
            auto const& set = s_.credential_sets[i];
            served |= set.served && *set.served <= date;
            if ((!set.created || *set.created <= date) &&
                (!set.activated || *set.activated <= date) && (!set.deleted || *set.deleted > date))
                usable.push_back(i);
        }
        if (served && dice_.chance(0.35))
            return serves({}, date,
                          milliseconds{dice_.chance(0.3) ? 0 : dice_.whole(1, 3 * ms_per_day)});
        if (usable.empty()) {
            s_.credential_sets[0].deleted.reset();
            usable.push_back(0);
        }
        return embeds({}, date, s_.credential_sets[usable[dice_.below(usable.size())]].id);
    }
    [[nodiscard]] fleet::rollout stages() {
        switch (dice_.below(5)) {
            case 0:
                return fleet::app_store_phased();
            case 1:
                return fleet::play_staged();
            case 2: {  // by hand; halted when the last share is below 1
                fleet::rollout list;
                milliseconds after{dice_.whole(0, ms_per_day)};
                for (double share = dice_.unit() * 0.3 + 0.01; share < 1;
                     share += dice_.unit() * 0.5 + 0.01) {
                    list.push_back({after, share});
                    after += milliseconds{dice_.whole(1, 4 * ms_per_day)};
                }
                return list;
            }
            default:
                return {};
        }
    }
    void law() {
        auto const kind = dice_.below(10);
        if (kind < 3) {
            s_.update_law =
                fleet::adoption_presets[dice_.below(fleet::adoption_presets.size())].law;
        } else if (kind < 6) {
            fleet::adoption_law own;
            own.onset = milliseconds{dice_.chance(0.5) ? 0 : dice_.whole(0, 10 * ms_per_day)};
            own.tau_prompt = milliseconds{dice_.whole(1, 10 * ms_per_day)};
            own.tau_laggard = milliseconds{dice_.whole(ms_per_hour, horizon_ + ms_per_hour)};
            own.w_prompt = dice_.unit();
            own.w_laggard = dice_.chance(0.2) ? 0 : (1 - own.w_prompt) * dice_.unit();
            own.w_never = 1 - own.w_prompt - own.w_laggard;
            s_.update_law = own;
        } else if (kind < 8) {
            fleet::weibull_law own;
            own.onset = milliseconds{dice_.whole(0, ms_per_day)};
            own.scale = milliseconds{dice_.whole(1, horizon_)};
            own.shape = dice_.log_between(0.2, 4);
            own.w_never = dice_.chance(0.5) ? 0 : dice_.unit() * 0.5;
            s_.update_law = own;
        } else {
            measured();
        }
    }
    void measured() {
        fleet::measured_shares shares;
        for (auto const& r : s_.releases) shares.versions.push_back(r.version);
        auto const count = dice_.whole(2, 8);
        std::int64_t const before = dice_.whole(0, 30 * ms_per_day), after = ms_per_day;
        for (std::int64_t i = 0; i < count; ++i) {
            auto const at = -before + (horizon_ + before + after) * i / (count - 1);
            fleet::measured_shares::row row{s_.start + milliseconds{at}, {}};
            double sum = 0;
            for (auto const& r : s_.releases) {
                bool const out = r.date <= row.date || &r == s_.releases.data();
                double const weight = !out || dice_.chance(0.2) ? 0 : dice_.unit();
                row.shares.push_back(weight);
                sum += weight;
            }
            if (sum <= 0) row.shares[0] = sum = 1;
            for (auto& share : row.shares) share /= sum;
            shares.rows.push_back(row);
        }
        s_.update_law = shares;
    }
    void forces() {
        std::size_t minimum = 0;
        std::int64_t from = 0;
        for (auto count = dice_.chance(0.4) ? dice_.whole(1, 3) : 0; count > 0; --count) {
            minimum += dice_.below(s_.releases.size() - minimum);
            auto const& r = s_.releases[minimum];
            from = std::max(from, since_start(r.date + r.review));
            if (from >= horizon_) return;
            fleet::forced_update force;
            force.date = moment(from, horizon_ - 1);
            force.minimum = r.version;
            force.comply = dice_.chance(0.3) ? 1 : dice_.real(0.01, 1.0);
            from = since_start(force.date);
            s_.forced_updates.push_back(force);
        }
    }
    void net() {
        constexpr std::int64_t propagations[] = {0, 1, 60'000, ms_per_hour, ms_per_hour / 2 + 1};
        s_.net.propagation = milliseconds{propagations[dice_.below(5)]};
        s_.net.drop_live = dice_.chance(0.35);
        s_.net.session = milliseconds{dice_.whole(1'000, dice_.chance(0.3) ? ms_per_day : 600'000)};
        s_.net.retry_attempts = static_cast<unsigned>(dice_.below(7));
        s_.net.retry_first =
            std::max<milliseconds>(milliseconds{1}, s_.net.session / dice_.whole(1, 15));
        s_.net.retry_longest = s_.net.retry_first * dice_.whole(1, 8);
    }
    void habits() {
        if (dice_.chance(0.35))
            s_.breaks = fleet::dormancy{dice_.unit(), milliseconds{dice_.whole(1, horizon_)},
                                        dice_.real(0.3, 3.0)};
        if (!dice_.chance(0.35)) return;
        bool const sleeps = dice_.chance(0.5);  // nobody opens the app late at night
        for (int hour = 0; hour < 24; ++hour) {
            bool const none = dice_.chance(0.2) || (sleeps && (hour < 5 || hour > 20));
            s_.daily_profile.push_back(none ? 0 : dice_.unit());
        }
        s_.daily_profile[12] += 0.1;
    }

    dice dice_;
    fleet::scenario s_;
    std::int64_t horizon_ = 0;
};

[[nodiscard]] inline fleet::scenario random_scenario(std::uint64_t seed) {
    return scenario_dice(seed).draw();
}

}  // namespace cryptoperiod::test
