/// @file scenario_file.hpp
/// A scenario file, and the CSV file it may name, read into a scenario that can be simulated; or
/// everything that is wrong with them, in one pass.
#pragma once

#include <cryptoperiod/fleet/scenario.hpp>
#include <filesystem>
#include <span>
#include <string_view>
#include <variant>

#include "diagnostics.hpp"
#include "source_map.hpp"

namespace cryptoperiod::input {

/// The format that `format = 1` announces; others are refused.
inline constexpr int scenario_format = 1;

/// A scenario that passed fleet::validate, and where its values stand.
struct loaded {
    fleet::scenario scenario;
    source_map where;
};

/// Reads, checks and validates. `known_metrics`: the names that a promise may use.
[[nodiscard]] std::variant<loaded, diagnostics> load_scenario(
    std::filesystem::path const& path, std::span<std::string_view const> known_metrics);

}  // namespace cryptoperiod::input
