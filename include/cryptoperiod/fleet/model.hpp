/// @file model.hpp
/// A scenario as the engines read it: integers only, in milliseconds since the start, probabilities
/// as thresholds on 32-bit words. `compile` is the only place where floating point becomes integer.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cryptoperiod/core/fixed.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/fleet/poisson.hpp>
#include <cryptoperiod/fleet/scenario.hpp>
#include <cryptoperiod/fleet/timeline.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace cryptoperiod::fleet {

/// A probability p as the 33-bit number p * 2^32: an event happens when a word is below it.
using threshold = std::uint64_t;
inline constexpr threshold certain = threshold{1} << 32U;

[[nodiscard]] inline threshold to_threshold(double p) {
    if (!(p > 0)) return 0;
    return p >= 1 ? certain : static_cast<threshold>(std::llround(p * 0x1p32));
}

enum class device_type : std::uint8_t { prompt, laggard, never };

/// One version, compiled.
struct model_release {
    struct stage {
        ms_t at;          ///< moment of the stage
        threshold until;  ///< devices whose rollout word is below it are offered the version
    };
    ms_t public_at = 0;  ///< date + review: whoever asks gets it
    std::vector<stage> stages;
    bool served = false;
    credentials::set_index set = credentials::no_set;  ///< embedded
    ms_t cache = 0;                                    ///< served
    reject_policy on_reject = reject_policy::stop;
};

/// From `at` on the server hands out `set`.
struct server_switch {
    ms_t at;
    credentials::set_index set;
};

/// Connections are accepted or not, until `until`.
struct acceptance_span {
    bool accepted = false;
    ms_t until = forever;
};

/// At `at` the connections made with `set` are closed.
struct connection_drop {
    ms_t at;
    credentials::set_index set;
};

struct model_force {
    ms_t at;
    std::uint16_t minimum;  ///< release
    threshold comply;
};

/// Opens come in blocks of whole days, so that any device's any block can be drawn alone.
struct open_law {
    std::uint32_t block_days = 1, blocks = 1, last_block_days = 1;
    poisson_table count, last_count;        ///< opens in a block, in the last block
    std::array<threshold, 25> profile{};    ///< cumulative share of the day before each hour
    std::array<q32, 24> pace{};             ///< milliseconds per unit of share, in each hour
    std::array<std::uint8_t, 256> guide{};  ///< hour in which the top byte of a share begins
    bool level = true;                      ///< no daily profile

    [[nodiscard]] std::uint32_t days_of(std::uint32_t block) const noexcept {
        return block + 1 == blocks ? last_block_days : block_days;
    }
    [[nodiscard]] poisson_table const& counts_of(std::uint32_t block) const noexcept {
        return block + 1 == blocks ? last_count : count;
    }
    [[nodiscard]] ms_t start_of(std::uint32_t block) const noexcept {
        return ms_t{block} * block_days * ms_per_day;
    }
    [[nodiscard]] std::uint32_t block_of(ms_t t) const noexcept {
        return static_cast<std::uint32_t>(t / (ms_t{block_days} * ms_per_day));
    }
    /// The moment within a block of `length` days that belongs to a uniform word; grows with it.
    [[nodiscard]] ms_t offset(std::uint32_t word, std::uint32_t length) const noexcept {
        if (level)
            return static_cast<ms_t>(
                multiply_q32(static_cast<std::uint64_t>(length) * ms_per_day, word));
        std::uint64_t const x = std::uint64_t{word} * length;
        std::uint64_t const day = x >> 32U, share = x & 0xFFFF'FFFFU;
        std::size_t hour = guide[share >> 24U];
        while (share >= profile[hour + 1]) ++hour;
        return static_cast<ms_t>(day) * ms_per_day + static_cast<ms_t>(hour) * ms_per_hour +
               static_cast<ms_t>(multiply_q32(share - profile[hour], pace[hour]));
    }
    /// The smallest word whose moment is not before `at`; 2^32 when there is none.
    [[nodiscard]] std::uint64_t first_word_at(ms_t at, std::uint32_t length) const noexcept {
        if (at <= 0) return 0;
        if (level) {  // ceil(at * 2^32 / length): a guess, made exact
            auto const whole = static_cast<std::uint64_t>(length) * ms_per_day;
            auto const goal = static_cast<std::uint64_t>(at);
            auto word = static_cast<std::uint64_t>(static_cast<double>(goal) *
                                                   (0x1p32 / static_cast<double>(whole)));
            while (word > 0 && multiply_q32(whole, word - 1) >= goal) --word;
            while (multiply_q32(whole, word) < goal) ++word;
            return word;
        }
        auto const day = static_cast<std::uint64_t>(at / ms_per_day);
        auto const hour = static_cast<std::size_t>(at % ms_per_day / ms_per_hour);
        auto const within = static_cast<std::uint64_t>(at % ms_per_hour);
        // The smallest share of the day whose moment is not before it; an hour of no share is
        // skipped.
        std::uint64_t share = profile[hour + 1];
        if (pace[hour] > 0)
            share =
                std::min(share, profile[hour] + ((within << 32U) + pace[hour] - 1) / pace[hour]);
        return ((day << 32U) + share + length - 1) / length;
    }
};

/// How long after being offered something new a device takes its next opportunity.
struct update_law {
    bool measured = false;
    threshold prompt_until = 0, laggard_until = 0;  ///< on the type word
    std::array<ms_t, 2> tau{1, 1};                  ///< mean gap of prompt, laggard
    ms_t onset = 0;
    std::vector<ms_t> by_exponential;  ///< delay at E = i * 23 / (size - 1); empty = tau * E
};

struct break_law {
    threshold share = 0;
    ms_t shortest = 0;
    q32 inverse_tail = 0;  ///< 1 / (tail ln 2), 32 fractional bits: log2 of the length per Exp(1)
};

/// Measured shares: at `at`, `newer[v]` of the devices (as a threshold) had been on v or newer.
struct measured_row {
    ms_t at;
    std::vector<threshold> newer;
};

/// Everything an engine reads.
struct model {
    std::uint32_t devices = 0;
    std::uint32_t days = 0, hours = 0;
    ms_t horizon = 0;
    std::vector<model_release> releases;
    std::vector<std::vector<acceptance_change>> accepted;  ///< per set
    std::vector<operator_event> events;
    std::vector<server_switch> server;  ///< ascending; empty = no server
    std::vector<model_force> forces;
    update_law updates;
    std::vector<measured_row> measured;
    open_law opens;
    break_law breaks;
    std::vector<connection_drop>
        drops;  ///< ascending by time; only when deletions close connections
    bool drop_live = false;
    ms_t session = 0, propagation = 0;
    std::vector<ms_t> retry_after, loop_after;  ///< since the rejected open; by attempt

    [[nodiscard]] std::size_t sets() const noexcept { return accepted.size(); }

    /// Are connections with `set` accepted at `now`, and until when is that so?
    [[nodiscard]] acceptance_span acceptance_at(credentials::set_index set,
                                                ms_t now) const noexcept {
        acceptance_span span;
        if (set == credentials::no_set) return span;
        for (auto const& change : accepted[set]) {
            if (change.at > now) {
                span.until = change.at;
                break;
            }
            span.accepted = change.accepted;
        }
        return span;
    }
    [[nodiscard]] bool accepts(credentials::set_index set, ms_t now) const noexcept {
        return acceptance_at(set, now).accepted;
    }
    [[nodiscard]] credentials::set_index served_at(ms_t now) const noexcept {
        auto set = credentials::no_set;
        for (auto const& change : server) {
            if (change.at > now) break;
            set = change.set;
        }
        return set;
    }
    /// The newest version that anybody can install at `now`.
    [[nodiscard]] std::uint16_t newest_public(ms_t now) const noexcept {
        std::uint16_t newest = 0;
        for (std::size_t r = 1; r < releases.size(); ++r)
            if (releases[r].public_at <= now) newest = static_cast<std::uint16_t>(r);
        return newest;
    }
    [[nodiscard]] std::vector<ms_t> const& retries(reject_policy policy) const noexcept {
        static std::vector<ms_t> const none;
        if (policy == reject_policy::retry) return retry_after;
        return policy == reject_policy::loop ? loop_after : none;
    }
};

namespace detail {

/// Opens per block for about this many: few enough to draw one block cheaply, many enough to fill
/// vectors.
inline constexpr double opens_per_block = 32;

inline open_law compile_opens(scenario const& s, std::uint32_t days) {
    open_law law;
    double const wanted = opens_per_block / s.opens_per_day;
    auto const block =
        static_cast<std::uint32_t>(std::clamp(std::round(wanted), 1.0, static_cast<double>(days)));
    law.blocks = (days + block - 1) / block;
    law.block_days = (days + law.blocks - 1) / law.blocks;
    law.blocks = (days + law.block_days - 1) / law.block_days;
    law.last_block_days = days - (law.blocks - 1) * law.block_days;
    auto const millionths = static_cast<std::uint64_t>(std::llround(s.opens_per_day * 1e6));
    law.count = poisson_table(millionths * law.block_days);
    law.last_count = poisson_table(millionths * law.last_block_days);
    if (!s.daily_profile.empty()) {
        law.level = false;
        double total = 0, sum = 0;
        for (double const w : s.daily_profile) total += w;
        for (std::size_t h = 0; h < 24; ++h) {
            // Below `certain`, so that 32-bit lanes can compare with it: idle hours at the end of
            // the day share one word in 2^32.
            law.profile[h] = std::min(to_threshold(sum / total), certain - 1);
            sum += s.daily_profile[h];
        }
        law.profile[24] = certain;
        for (std::size_t h = 0; h < 24; ++h)
            if (law.profile[h + 1] > law.profile[h])
                law.pace[h] =
                    (static_cast<q32>(ms_per_hour) << 32U) / (law.profile[h + 1] - law.profile[h]);
        for (std::size_t top = 0, h = 0; top < law.guide.size(); ++top) {
            while (top << 24U >= law.profile[h + 1]) ++h;
            law.guide[top] = static_cast<std::uint8_t>(h);
        }
    }
    return law;
}

inline model_release compile_release(scenario const& s, release const& r) {
    model_release out;
    out.public_at = (r.date - s.start + r.review).count();
    for (auto const& stage : r.stages)
        out.stages.push_back({out.public_at + stage.after.count(), to_threshold(stage.share)});
    if (out.stages.empty()) out.stages.push_back({out.public_at, certain});
    out.on_reject = r.on_reject;
    std::visit(
        credentials::each_delivery{[&](credentials::embedded const& package) {
                                       for (std::size_t i = 0; i < s.credential_sets.size(); ++i)
                                           if (s.credential_sets[i].id == package.credential_set)
                                               out.set = static_cast<credentials::set_index>(i);
                                   },
                                   [&](credentials::served const& server) {
                                       out.served = true;
                                       out.cache = server.cache.count();
                                   }},
        r.delivery);
    return out;
}

inline update_law compile_law(adoption_law const& law) {
    update_law out;
    double const total = law.w_prompt + law.w_laggard + law.w_never;
    out.prompt_until = to_threshold(law.w_prompt / total);
    out.laggard_until =
        law.w_never > 0 ? to_threshold((law.w_prompt + law.w_laggard) / total) : certain;
    out.tau = {std::max<ms_t>(1, law.tau_prompt.count()),
               std::max<ms_t>(1, law.tau_laggard.count())};
    out.onset = law.onset.count();
    return out;
}

inline update_law compile_law(weibull_law const& law) {
    update_law out;
    out.prompt_until = out.laggard_until = to_threshold(1 - law.w_never);
    out.onset = law.onset.count();
    // scale * e^(1 / shape) at e = 23 i / cells, in integers: the same table on every machine.
    constexpr std::uint64_t cells = 1024;
    auto const inverse_shape = static_cast<std::int64_t>(std::llround(0x1p32 / law.shape));
    out.by_exponential.push_back(0);
    for (std::uint64_t i = 1; i <= cells; ++i) {
        auto const log2_e = static_cast<std::int64_t>(log2_q32(23 * i)) -
                            static_cast<std::int64_t>(log2_q32(cells));
        auto const log2_power =
            static_cast<std::int64_t>(static_cast<int128>(log2_e) * inverse_shape >> 32);
        auto const exponent =
            std::clamp<std::int64_t>(log2_power, -(std::int64_t{32} << 32), std::int64_t{28} << 32);
        auto const power = exp2_q32(static_cast<q32>(exponent + (std::int64_t{32} << 32)));
        auto const ms = static_cast<uint128>(law.scale.count()) * power >> 32U;
        out.by_exponential.push_back(
            static_cast<ms_t>(std::min<uint128>(ms, static_cast<uint128>(forever / 2))));
    }
    return out;
}

inline std::vector<measured_row> compile_rows(scenario const& s, measured_shares const& shares) {
    std::vector<measured_row> rows;
    std::vector<std::size_t> column;  // release -> column of the file
    for (auto const& r : s.releases)
        column.push_back(static_cast<std::size_t>(
            std::find(shares.versions.begin(), shares.versions.end(), r.version) -
            shares.versions.begin()));
    for (auto const& row : shares.rows) {
        measured_row out{(row.date - s.start).count(),
                         std::vector<threshold>(s.releases.size(), 0)};
        double sum = 0, total = 0;
        for (double const x : row.shares) total += x;
        for (std::size_t r = s.releases.size(); r-- > 0;) {
            sum += row.shares[column[r]];
            out.newer[r] = r == 0 ? certain : to_threshold(sum / total);
            if (!rows.empty())  // a device never goes back
                out.newer[r] = std::max(out.newer[r], rows.back().newer[r]);
        }
        rows.push_back(std::move(out));
    }
    return rows;
}

inline std::vector<ms_t> retry_times(connections const& net) {
    std::vector<ms_t> times;
    ms_t at = 0, wait = net.retry_first.count();
    for (unsigned n = 0; n < net.retry_attempts; ++n) {
        at += std::min(wait, net.retry_longest.count());
        times.push_back(at);
        wait = std::min(wait * 2, net.retry_longest.count());
    }
    return times;
}

inline std::vector<ms_t> loop_times(connections const& net) {
    std::vector<ms_t> times;
    ms_t const step = std::max<ms_t>(1, net.retry_first.count());
    for (ms_t at = step; at < net.session.count(); at += step) times.push_back(at);
    return times;
}

/// The moments within the horizon at which a set stops being accepted.
inline std::vector<connection_drop> connection_drops(model const& m) {
    std::vector<connection_drop> drops;
    for (std::size_t set = 0; set < m.sets(); ++set)
        for (auto const& change : m.accepted[set])
            if (!change.accepted && change.at > 0 && change.at < m.horizon)
                drops.push_back({change.at, static_cast<credentials::set_index>(set)});
    std::sort(drops.begin(), drops.end(), [](auto const& a, auto const& b) { return a.at < b.at; });
    return drops;
}

}  // namespace detail

/// The model of a scenario that `validate` finds no fault with.
[[nodiscard]] inline model compile(scenario const& s) {
    model m;
    m.devices = static_cast<std::uint32_t>(s.devices);
    m.horizon = s.horizon.count();
    m.days = static_cast<std::uint32_t>(m.horizon / ms_per_day);
    m.hours = m.days * 24;
    m.events = operator_events(s);
    m.accepted = acceptance(s);
    for (auto const& r : s.releases) m.releases.push_back(detail::compile_release(s, r));
    for (auto const& e : m.events)
        if (e.what == operator_event::kind::serve) m.server.push_back({e.at, e.set});
    for (auto const& f : s.forced_updates)
        for (std::size_t r = 0; r < s.releases.size(); ++r)
            if (s.releases[r].version == f.minimum)
                m.forces.push_back({(f.date - s.start).count(), static_cast<std::uint16_t>(r),
                                    to_threshold(f.comply)});
    if (auto const* law = std::get_if<adoption_law>(&s.update_law)) {
        m.updates = detail::compile_law(*law);
    } else if (auto const* weibull = std::get_if<weibull_law>(&s.update_law)) {
        m.updates = detail::compile_law(*weibull);
    } else {
        m.updates.measured = true;
        m.measured = detail::compile_rows(s, std::get<measured_shares>(s.update_law));
    }
    m.opens = detail::compile_opens(s, m.days);
    if (s.breaks)
        m.breaks = {to_threshold(s.breaks->share), s.breaks->shortest.count(),
                    static_cast<q32>(std::llround(0x1p32 * 1.4426950408889634 / s.breaks->tail))};
    m.drop_live = s.net.drop_live;
    m.session = s.net.session.count();
    m.propagation = s.net.propagation.count();
    m.retry_after = detail::retry_times(s.net);
    if (std::any_of(s.releases.begin(), s.releases.end(),
                    [](auto const& r) { return r.on_reject == reject_policy::loop; }))
        m.loop_after = detail::loop_times(s.net);
    if (s.net.drop_live) m.drops = detail::connection_drops(m);
    return m;
}

}  // namespace cryptoperiod::fleet
