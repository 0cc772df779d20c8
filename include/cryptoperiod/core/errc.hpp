/// @file errc.hpp
/// Every way in which cryptoperiod says no: number, text, HTTP status. Numbers are explicit,
/// grouped by hundreds and never re-used, because they reach logs, reports and other people's
/// programs.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace cryptoperiod {

/// What went wrong. 100: input; 300: state machines; 600: credential sets; 700: fleets; 800: stores
/// and records.
enum class errc : std::uint16_t {
    malformed = 100,            ///< the text or the bytes do not have the promised form
    unknown_name = 101,         ///< a name that is not in the list of known ones
    out_of_range = 102,         ///< a number or a date outside what is allowed
    inconsistent = 103,         ///< two parts of the input contradict each other
    missing = 104,              ///< something required was not given
    unknown_version = 105,      ///< a format version this build does not read
    event_not_allowed = 300,    ///< no row of the table accepts the event in this state
    refused_by_guard = 301,     ///< a row exists, its guard said no
    credential_deleted = 600,   ///< the credential set was deleted, which is for ever
    credential_in_use = 601,    ///< the credential set was used too recently to be deleted
    credential_rejected = 602,  ///< a connection presented a set that is not accepted (4001)
    no_devices = 700,           ///< a fleet without devices, or more than an engine can number
    // store
    store_conflict = 800,     ///< the record has another version than the writer has seen
    store_too_large = 801,    ///< more bytes or items than one record may have
    store_unavailable = 802,  ///< locked, full, read-only or gone: whether it wrote is not known
    store_corrupt = 803,      ///< what lies there is damaged, or not a store of ours
    record_corrupt = 804,     ///< bytes that are genuine and yet no record of the expected kind
};

/// One line of the error vocabulary.
struct errc_info {
    errc code;
    std::string_view name;           ///< stable, as written to reports
    std::uint16_t http;              ///< the status a service would answer with
    std::string_view provider_code;  ///< the provider's own reason code; empty where none exists
};

/// The whole vocabulary, ascending by number.
inline constexpr std::array errc_table{
    errc_info{errc::malformed, "malformed", 400, ""},
    errc_info{errc::unknown_name, "unknown_name", 400, ""},
    errc_info{errc::out_of_range, "out_of_range", 400, ""},
    errc_info{errc::inconsistent, "inconsistent", 400, ""},
    errc_info{errc::missing, "missing", 400, ""},
    errc_info{errc::unknown_version, "unknown_version", 400, ""},
    errc_info{errc::event_not_allowed, "event_not_allowed", 409, ""},
    errc_info{errc::refused_by_guard, "refused_by_guard", 409, ""},
    errc_info{errc::credential_deleted, "credential_deleted", 410, ""},
    errc_info{errc::credential_in_use, "credential_in_use", 409, ""},
    errc_info{errc::credential_rejected, "credential_rejected", 401, "4001"},
    errc_info{errc::no_devices, "no_devices", 400, ""},
    // store
    errc_info{errc::store_conflict, "store_conflict", 409, ""},
    errc_info{errc::store_too_large, "store_too_large", 413, ""},
    errc_info{errc::store_unavailable, "store_unavailable", 503, ""},
    errc_info{errc::store_corrupt, "store_corrupt", 500, ""},
    errc_info{errc::record_corrupt, "record_corrupt", 500, ""},
};

/// The line of `code`.
[[nodiscard]] constexpr errc_info const& info(errc code) noexcept {
    for (auto const& line : errc_table)
        if (line.code == code) return line;
    return errc_table.front();
}

/// Stable text of a code.
[[nodiscard]] constexpr std::string_view to_string(errc code) noexcept { return info(code).name; }

/// HTTP status a service answers with.
[[nodiscard]] constexpr std::uint16_t http_status(errc code) noexcept { return info(code).http; }

}  // namespace cryptoperiod
