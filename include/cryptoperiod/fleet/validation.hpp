/// @file validation.hpp
/// Every contradiction of a scenario, found in one pass: numbers outside what an engine can do,
/// dates in the wrong order, names that do not exist. What passes here is safe to simulate. The
/// rules are in validation/, a header a subject.
#pragma once

#include <cryptoperiod/fleet/scenario.hpp>
#include <cryptoperiod/fleet/validation/adoption.hpp>
#include <cryptoperiod/fleet/validation/connections.hpp>
#include <cryptoperiod/fleet/validation/credential_sets.hpp>
#include <cryptoperiod/fleet/validation/findings.hpp>
#include <cryptoperiod/fleet/validation/fleet.hpp>
#include <cryptoperiod/fleet/validation/forced_updates.hpp>
#include <cryptoperiod/fleet/validation/limits.hpp>
#include <cryptoperiod/fleet/validation/promises.hpp>
#include <cryptoperiod/fleet/validation/releases.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::fleet {

/// Every contradiction of `s`, in the order of the scenario's parts; empty when it can be
/// simulated. `known_metrics`: the names that a promise may use. `unread`: paths of values that
/// could not be read; they and what rests on them are not judged.
[[nodiscard]] inline std::vector<problem> validate(scenario const& s,
                                                   std::span<std::string_view const> known_metrics,
                                                   std::span<std::string const> unread = {}) {
    namespace rules = detail::validation;
    rules::findings found(unread);
    rules::check_time(s, found);
    rules::check_fleet(s, found);
    rules::check_memory(s, found);
    rules::check_adoption(s, found);
    rules::check_releases(s, found);
    rules::check_credential_sets(s, found);
    rules::check_forced_updates(s, found);
    rules::check_connections(s, found);
    rules::check_promises(s, known_metrics, found);
    return std::move(found).take();
}

}  // namespace cryptoperiod::fleet
