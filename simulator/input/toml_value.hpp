/// @file toml_value.hpp
/// Single values of a TOML file: each function returns the value, or what is wrong with it.
#pragma once

#include <toml++/toml.h>

#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "source_text.hpp"

namespace cryptoperiod::input {

/// Why a value is not what its key wants.
struct complaint {
    errc code{};
    std::string message, help;
};

template <class T>
using value_or = std::variant<T, complaint>;

/// "a string", "an integer", "a table" ...
[[nodiscard]] std::string_view kind_of(toml::node const& node) noexcept;

/// The place of a region; one that spans lines ends with its first.
[[nodiscard]] place place_of(toml::source_region const& region, std::size_t file = 0) noexcept;

/// "'devices' must be an integer, not a string".
[[nodiscard]] complaint wrong_kind(std::string_view key, std::string_view wanted,
                                   toml::node const& found, std::string help = {});

[[nodiscard]] value_or<std::string> as_text(std::string_view key, toml::node const& node);
[[nodiscard]] value_or<std::uint64_t> as_count(std::string_view key, toml::node const& node);
[[nodiscard]] value_or<double> as_number(std::string_view key, toml::node const& node);
[[nodiscard]] value_or<bool> as_flag(std::string_view key, toml::node const& node);
/// A TOML date, an offset date-time in UTC, or either as text.
[[nodiscard]] value_or<time_point> as_date(std::string_view key, toml::node const& node);
/// Text such as "6h".
[[nodiscard]] value_or<milliseconds> as_duration(std::string_view key, toml::node const& node);
/// Text such as "0.1 %", or a number from 0 to 1.
[[nodiscard]] value_or<double> as_share(std::string_view key, toml::node const& node);

}  // namespace cryptoperiod::input
