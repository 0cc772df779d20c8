/// @file adoption.hpp
/// How a fleet moves to a new version: a law of five numbers (nine presets measured on public usage
/// data), or the shares that the user's own telemetry measured.
#pragma once

#include <array>
#include <cmath>
#include <cryptoperiod/core/time.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cryptoperiod::fleet {

/// Each device has a lasting type and a Poisson clock of update opportunities; at a tick it
/// installs the newest version offered to it. The weights are normalised on use. Source: MODEL
/// section 2.
struct adoption_law {
    milliseconds onset{0};        ///< from the offer in the store to the device's knowing of it
    milliseconds tau_prompt{0};   ///< mean time between opportunities of a prompt device
    milliseconds tau_laggard{0};  ///< the same of a laggard
    double w_prompt = 1, w_laggard = 0, w_never = 0;  ///< shares of the three types

    friend bool operator==(adoption_law const&, adoption_law const&) = default;

    /// U(t): the share still on an older version, t after the offer. One release, no rollout
    /// stages.
    [[nodiscard]] double share_on_older(milliseconds t) const {
        auto const age = static_cast<double>((t > onset ? t - onset : milliseconds{0}).count());
        auto const left = [&](double weight, milliseconds tau) {
            return weight > 0 ? weight * std::exp(-age / static_cast<double>(tau.count())) : 0.0;
        };
        return (left(w_prompt, tau_prompt) + left(w_laggard, tau_laggard) + w_never) /
               (w_prompt + w_laggard + w_never);
    }
};

/// A named law and what it was fitted to.
struct adoption_preset {
    std::string_view name, fitted_to;
    adoption_law law;
};

/// The nine presets. Source: caniuse.com usage data (CC BY 4.0), see simulator/scenarios/DATA.md.
inline constexpr std::array<adoption_preset, 9> adoption_presets = [] {
    constexpr auto tenths = [](std::int64_t n) { return milliseconds{n * (ms_per_day / 10)}; };
    constexpr auto law = [=](std::int64_t onset, std::int64_t prompt, std::int64_t laggard,
                             double w_prompt, double w_laggard, double w_never) {
        return adoption_law{tenths(onset), tenths(prompt), tenths(laggard),
                            w_prompt,      w_laggard,      w_never};
    };
    return std::array<adoption_preset, 9>{{
        {"auto_fast", "silent auto-update (Edge 79-118)", law(0, 42, 1320, .961, .036, .0030)},
        {"auto", "auto-updating (Chrome 49-92)", law(43, 105, 4530, .865, .120, .0155)},
        {"auto_4w", "auto-updating, 4-weekly (Chrome 93-118)",
         law(17, 72, 2350, .855, .086, .0591)},
        {"store", "app store (Samsung Internet 14-30)", law(50, 43, 3000, .710, .285, .0050)},
        {"store_slow", "app store, slow market (Samsung Internet 9-13)",
         law(7, 87, 3010, .707, .183, .1099)},
        {"os_point", "point release of an OS (iOS 11.3-18.4)",
         law(121, 240, 3810, .620, .355, .0250)},
        {"os_major", "major release of an OS (iOS 11-18)", law(0, 242, 2850, .582, .378, .0408)},
        {"enterprise", "managed desktops (Firefox 50-118 with ESR)",
         law(0, 46, 3920, .781, .171, .0481)},
        {"os_desktop", "OS-tied desktop app (macOS Safari 11-18)",
         law(34, 303, 4610, .460, .540, 0)},
    }};
}();

/// The preset called `name`, or nullptr.
[[nodiscard]] constexpr adoption_preset const* find_adoption_preset(
    std::string_view name) noexcept {
    for (auto const& preset : adoption_presets)
        if (preset.name == name) return &preset;
    return nullptr;
}

/// Measured shares of versions over time, replayed: a device keeps its rank among all devices from
/// quickest to slowest, and is on version v or newer while its rank is below the measured share of
/// v or newer (linear between measurements, never going back). Every row adds up to 1.
struct measured_shares {
    struct row {
        time_point date;
        std::vector<double> shares;  ///< one per entry of `versions`
    };
    std::string source;                 ///< the file, for messages
    std::vector<std::string> versions;  ///< as the file names them
    std::vector<row> rows;              ///< ascending by date
};

/// The alternative tail: a device that is not one of the `w_never` installs what it was offered
/// after scale * E^(1 / shape), E ~ Exp(1). The best extrapolator among three-parameter laws, and
/// the law of the fleet-rotation benchmark.
struct weibull_law {
    milliseconds onset{0};
    milliseconds scale{0};
    double shape = 1;
    double w_never = 0;

    /// The share still on an older version, t after the offer.
    [[nodiscard]] double share_on_older(milliseconds t) const {
        auto const age = static_cast<double>((t > onset ? t - onset : milliseconds{0}).count());
        auto const left = std::exp(-std::pow(age / static_cast<double>(scale.count()), shape));
        return w_never + (1 - w_never) * left;
    }

    friend bool operator==(weibull_law const&, weibull_law const&) = default;
};

using adoption = std::variant<adoption_law, weibull_law, measured_shares>;

}  // namespace cryptoperiod::fleet
