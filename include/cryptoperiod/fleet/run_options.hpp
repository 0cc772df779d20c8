/// @file run_options.hpp
/// How a scenario is run: engine, seed, threads, instruction set. Only the seed changes what comes
/// out.
#pragma once

#include <array>
#include <atomic>
#include <cryptoperiod/core/isa.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace cryptoperiod::fleet {

/// How the events are made. `automatic` takes the fastest engine that the scenario allows; today no
/// device feels another, so that is `devices`.
enum class engine_kind : std::uint8_t { automatic, queue, devices };

inline constexpr std::array<std::string_view, 3> engine_names{"auto", "queue", "devices"};

[[nodiscard]] constexpr std::string_view to_string(engine_kind engine) noexcept {
    return engine_names[static_cast<std::size_t>(engine)];
}

/// How to run a scenario. Nothing here changes what comes out, but for `seed`.
struct run_options {
    std::uint64_t seed = 0;
    unsigned threads = 0;  ///< 0: as many as the machine runs at once
    engine_kind engine = engine_kind::automatic;
    std::optional<isa> instruction_set{};     ///< the best one when not given
    std::function<void(double)> progress{};   ///< told 0 to 1, from the calling thread
    std::atomic<bool> const* stop = nullptr;  ///< set it to end early
};

/// Why a run cannot be made with these options. out_of_range: the processor lacks the instructions.
[[nodiscard]] inline std::optional<error> unusable(run_options const& options) {
    if (options.instruction_set && *options.instruction_set > best_isa())
        return error{errc::out_of_range, "this processor has no " +
                                             std::string(to_string(*options.instruction_set)) +
                                             "; its best is " + std::string(to_string(best_isa()))};
    return std::nullopt;
}

}  // namespace cryptoperiod::fleet
