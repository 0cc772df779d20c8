/// @file shares_csv.hpp
/// Measured shares of versions from a CSV file: header `date,version,share`, rows in any order,
/// shares as fractions or percentages (the sums of the whole file decide). Quotes as in RFC 4180,
/// except that a field ends on its line.
#pragma once

#include <cryptoperiod/fleet/adoption.hpp>
#include <optional>
#include <string>

#include "reading.hpp"

namespace cryptoperiod::input {

/// Reads the file. Errors in it go to `state` with their place in the file; that the file cannot be
/// used at all is said at `asked`, where the scenario names it. Rows whose shares add up to 1
/// within the tolerance of fleet::validate are scaled to exactly 1; the others are left for it to
/// refuse. A version that a date does not mention has share 0 then. Empty: nothing usable was read.
[[nodiscard]] std::optional<fleet::measured_shares> read_shares(std::filesystem::path const& path,
                                                                place asked, reading& state);

}  // namespace cryptoperiod::input
