/// @file retirement_advice.hpp
/// May a credential set be deleted, judged by live traffic: how many devices a deletion would
/// strand today, and from when on fewer than a given number, if the fleet goes on moving by the
/// adoption law that the simulator uses. `plan_retirement` asks the same of a scenario before
/// anything has been turned.
#pragma once

#include <algorithm>
#include <cmath>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/usage.hpp>
#include <cryptoperiod/fleet/adoption.hpp>
#include <cryptoperiod/fleet/retirement.hpp>
#include <cstdint>
#include <string>
#include <variant>

namespace cryptoperiod::fleet {

/// What is asked.
struct advice_request {
    time_point now{};
    std::uint64_t fewer_than = 1;  ///< devices that may be stranded, plus one
    adoption update_law{};         ///< how the fleet moves
    time_point offered{};          ///< when the store offered the first version without the set
    milliseconds window = credentials::resting_time;  ///< who was seen in it uses the set
    milliseconds horizon = days{3650};                ///< how far ahead an answer is looked for
};

/// The answer. Devices that are switched off for longer than the window are not seen, and return.
struct retirement_advice {
    std::int64_t last_use_ms = credentials::never_ms;
    std::uint64_t stranded_now = 0;    ///< devices that a deletion now would cut off
    std::uint64_t stranded_bound = 0;  ///< two standard errors above: exceeded in one case of forty
    answer_kind kind = answer_kind::censored;
    time_point date{};                ///< of answer_kind::date
    std::uint64_t stranded_then = 0;  ///< the bound on that date
    std::uint64_t stranded_ever = 0;  ///< the bound of those that never leave the set
};

namespace detail {

/// U(t): the share of the fleet on an older version, t after the offer; 1 before it. Errors:
/// inconsistent (measured shares replay the past and say nothing of the future).
[[nodiscard]] inline result<double> share_on_older(adoption const& law, milliseconds t) {
    if (auto const* types = std::get_if<adoption_law>(&law)) return types->share_on_older(t);
    if (auto const* tail = std::get_if<weibull_law>(&law)) return tail->share_on_older(t);
    return error{errc::inconsistent,
                 "measured shares tell nothing of the future; give an adoption law or a preset"};
}

[[nodiscard]] inline std::uint64_t rounded_up(double devices) {
    // What is left of a device after rounding errors is no device.
    return static_cast<std::uint64_t>(std::ceil(std::max(0.0, devices - 1e-6)));
}

}  // namespace detail

/// Advises on the set that `seen` is a summary of, made since `request.now - request.window`.
/// Errors: out_of_range (fewer_than is zero; a law without a time or a weight), inconsistent
/// (measured shares).
[[nodiscard]] inline result<retirement_advice> advise_retirement(
    credentials::usage_summary const& seen, advice_request const& request) {
    if (request.fewer_than == 0)
        return error{errc::out_of_range, "fewer than 0 devices cannot be stranded; ask for 1"};
    CRYPTOPERIOD_TRY(double const today,
                     detail::share_on_older(request.update_law, request.now - request.offered));
    CRYPTOPERIOD_TRY(double const never,
                     detail::share_on_older(request.update_law, milliseconds::max()));
    if (!(today > 0 && today <= 1 && never >= 0 && never <= today))
        return error{errc::out_of_range,
                     "the adoption law leaves nobody, or has no time constant or weight"};
    retirement_advice advice;
    advice.last_use_ms = seen.last_use_ms;
    advice.stranded_now = seen.devices;
    double const bound =
        static_cast<double>(seen.devices) * (1 + 2 * credentials::device_sketch::standard_error);
    advice.stranded_bound = detail::rounded_up(bound);
    advice.stranded_ever = detail::rounded_up(bound * never / today);
    for (milliseconds ahead{0}; ahead <= request.horizon; ahead += days{1}) {
        auto const share =
            detail::share_on_older(request.update_law, request.now + ahead - request.offered);
        auto const left = detail::rounded_up(bound * *share / today);
        if (left >= request.fewer_than) continue;
        advice.kind = answer_kind::date;
        advice.date = request.now + ahead;
        advice.stranded_then = left;
        return advice;
    }
    if (advice.stranded_ever >= request.fewer_than) advice.kind = answer_kind::never;
    return advice;
}

/// The same for a set of a log.
[[nodiscard]] inline result<retirement_advice> advise_retirement(credentials::usage_log const& log,
                                                                 std::string_view credential_set,
                                                                 advice_request const& request) {
    return advise_retirement(log.summary(credential_set, request.now - request.window), request);
}

}  // namespace cryptoperiod::fleet
