/// @file simulate.hpp
/// One scenario, one seed, one run: the fleet lived through its horizon, measured, its promises
/// judged. Same scenario and seed, same bytes, for any engine, thread count, compiler and
/// processor.
#pragma once

#include <cryptoperiod/core/isa.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/credentials/rotation.hpp>
#include <cryptoperiod/fleet/engine/queue.hpp>
#include <cryptoperiod/fleet/engine/shards.hpp>
#include <cryptoperiod/fleet/invariant.hpp>
#include <cryptoperiod/fleet/validation.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cryptoperiod::fleet {

/// A deletion that the scenario orders, and what the rotation procedure says to it.
struct deletion {
    std::string credential_set;
    time_point at{};
    std::optional<error> refusal;  ///< why the procedure would have refused; none: it was safe
    std::uint64_t stranded = 0;    ///< devices that hold the set and are cut off
};

/// What a run gives back.
struct run {
    struct version_share {
        std::string version;
        std::vector<double> share_by_day;  ///< of all devices, at each midnight of the horizon
    };

    std::string scenario;
    std::uint64_t seed = 0, devices = 0;
    engine_kind engine = engine_kind::devices;
    std::uint64_t digest = 0;  ///< of all integer counters
    bool finished = true;      ///< false: interrupted, the counters are partial
    std::vector<metric_value> metrics;
    std::vector<promise_verdict> promises;
    std::vector<deletion> deletions;
    std::vector<std::uint64_t> attempts, failures;  ///< connections, by hour of the horizon
    std::vector<version_share> versions;

    [[nodiscard]] bool kept() const noexcept {
        return std::all_of(promises.begin(), promises.end(), [](auto const& p) { return p.held; });
    }
    /// The metric called `name`; it must exist (metrics.hpp).
    [[nodiscard]] double metric(std::string_view name) const {
        for (auto const& m : metrics)
            if (m.name == name) return m.value;
        CRYPTOPERIOD_ASSERT(find_metric(name) != nullptr);
        return 0;
    }
};

/// The first problem of a scenario as an error, or nothing.
[[nodiscard]] inline std::optional<error> first_problem(scenario const& s) {
    auto const problems = validate(s, metric_names);
    if (problems.empty()) return std::nullopt;
    auto const& first = problems.front();
    std::string detail = first.path + ": " + first.message;
    if (!first.help.empty()) detail += "; " + first.help;
    if (problems.size() > 1) detail += " (and " + std::to_string(problems.size() - 1) + " more)";
    return error{first.code, std::move(detail)};
}

namespace detail {

/// Runs the operator's procedure up to the deletion of a set, as the run saw it.
inline deletion follow_rotation(scenario const& s, model const& m, counters const& c,
                                std::size_t set) {
    using engine = fsm::compact<credentials::rotation>;
    auto const& plan = s.credential_sets[set];
    ms_t const at = (*plan.deleted - s.start).count();
    deletion out{plan.id, *plan.deleted, {}, 0};

    for (auto const& version : presenting(m, c, set, at)) out.stranded += version.devices;
    credentials::rotation_record record;
    auto state = engine::initial;
    auto const send = [&](auto const& e) { return engine::send(record, state, e); };
    bool ok = send(credentials::create_set{}).has_value() &&
              send(credentials::release_version{}).has_value();
    ms_t hour = (std::min(at, m.horizon) + ms_per_hour - 1) / ms_per_hour;
    while (hour > 0 && c.accepted[set * c.hours + static_cast<std::size_t>(hour - 1)] == 0) --hour;
    // Before the start nobody was watched: whoever holds the set then counts as having just used
    // it.
    if (hour > 0 || out.stranded > 0)
        ok &= send(credentials::observe_use{std::min(at, std::max<ms_t>(0, hour - 1) * ms_per_hour),
                                            out.stranded})
                  .has_value();
    ok &= send(credentials::retire_old{}).has_value();
    CRYPTOPERIOD_ASSERT(ok);
    auto const answer = send(credentials::delete_old{at});
    if (answer) return out;
    out.refusal = answer.error();
    auto const forced = send(credentials::delete_old{at, true});
    CRYPTOPERIOD_ASSERT(forced.has_value());
    out.stranded = record.stranded;
    return out;
}

inline std::vector<run::version_share> version_shares(scenario const& s, counters const& c) {
    std::vector<run::version_share> out;
    auto const versions = devices_by_version(c);
    for (std::size_t r = 0; r < versions.size(); ++r) {
        auto& share = out.emplace_back(run::version_share{s.releases[r].version, {}});
        for (std::size_t d = 0; d < c.days; ++d)
            share.share_by_day.push_back(static_cast<double>(versions[r][d]) /
                                         static_cast<double>(c.devices));
    }
    return out;
}

/// The counters of a model on the engine that the options ask for.
inline counters count(model const& m, run_options const& options) {
    random_stream const stream{options.seed};
    if (options.engine == engine_kind::queue)
        return queue_engine(m, stream).run(options.progress, options.stop);
    return count_in_shards(m, stream, options);
}

}  // namespace detail

/// Simulates a scenario. Errors: the first problem that `validate` finds, with its code;
/// out_of_range for an instruction set that this processor does not have.
[[nodiscard]] inline result<run> simulate(scenario const& s, run_options const& options = {}) {
    if (auto problem = first_problem(s)) return *std::move(problem);
    if (auto problem = unusable(options)) return *std::move(problem);
    model const m = compile(s);
    counters const c = detail::count(m, options);
    run out;
    out.scenario = s.name;
    out.seed = options.seed;
    out.devices = c.devices;
    out.engine = options.engine == engine_kind::automatic ? engine_kind::devices : options.engine;
    out.finished = options.stop == nullptr || !*options.stop;
    out.digest = c.digest();
    out.metrics = measure(s, m, c);
    out.promises = judge(s, m, c, out.metrics);
    out.attempts = attempts_by_hour(c);
    out.failures = rejected_by_hour(c);
    out.versions = detail::version_shares(s, c);
    for (std::size_t i = 0; i < s.credential_sets.size(); ++i) {
        auto const& deleted = s.credential_sets[i].deleted;
        if (deleted && *deleted >= s.start && *deleted < s.end())
            out.deletions.push_back(detail::follow_rotation(s, m, c, i));
    }
    return out;
}

}  // namespace cryptoperiod::fleet
