/// @file promises.hpp
/// The rules of promises.
#pragma once

#include <algorithm>
#include <cmath>
#include <cryptoperiod/core/suggest.hpp>
#include <cryptoperiod/fleet/validation/findings.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace cryptoperiod::fleet::detail::validation {

inline std::string joined(std::span<std::string_view const> names) {
    std::string text;
    for (auto const name : names) text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
}

inline void check_promises(scenario const& s, std::span<std::string_view const> known_metrics,
                           findings& found) {
    if (are_too_many(found, "promises", s.promises.size(), limits::promises, "promises")) return;
    for (std::size_t i = 0; i != s.promises.size(); ++i) {
        auto const& promise = s.promises[i];
        auto const known = std::find(known_metrics.begin(), known_metrics.end(), promise.metric);
        if (known == known_metrics.end())
            found.add(errc::unknown_name, at("promises", i),
                      "unknown metric " + in_quotes(promise.metric),
                      or_else(did_you_mean(promise.metric, known_metrics),
                              "known metrics: " + joined(known_metrics)));
        auto const limit = at("promises", i, "limit");
        bool const is_share = std::string_view(promise.metric).ends_with(".share");
        if (!std::isfinite(promise.limit))
            found.add(errc::out_of_range, limit, "the limit is " + say(promise.limit),
                      "give a number");
        else if (!is_share && promise.limit < 0)
            found.add(errc::out_of_range, limit,
                      "the limit is " + say(promise.limit) + ", but no metric is below 0",
                      "give a number from 0 up");
        else if (is_share && !(promise.limit >= 0 && promise.limit <= 1))
            found.add(
                errc::out_of_range, limit,
                "the limit " + say(promise.limit) + " of a share is " + percent(promise.limit),
                "give 0 % to 100 %; with a number, 1 is all");
        else if (promise.op == comparison::less && !(promise.limit > 0))
            found.add(errc::inconsistent, limit,
                      "nothing is less than 0: the promise cannot be kept",
                      "write <= 0 to allow none");
        else if (is_share && promise.op == comparison::greater && promise.limit >= 1)
            found.add(errc::inconsistent, limit,
                      "no share is greater than 1: the promise cannot be kept",
                      "write >= 1 to demand all");
    }
}

}  // namespace cryptoperiod::fleet::detail::validation
