/// @file kind.hpp
/// The platforms that a push service can be given settings for. Source: IBM push, documentation of
/// its API (settings).
#pragma once

#include <array>
#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/suggest.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cryptoperiod::settings {

/// Whose push service it is. Numbers are positions in platform_settings.
enum class kind : std::uint8_t {
    gcm,
    apns,
    chrome_web,
    firefox_web,
    safari_web,
    chrome_app_extension,
};
inline constexpr std::array kinds{kind::gcm,         kind::apns,       kind::chrome_web,
                                  kind::firefox_web, kind::safari_web, kind::chrome_app_extension};

/// IBM's names, in URLs, in messages, and of the records of a vault.
inline constexpr std::array<std::string_view, 6> kind_names{
    "gcmConf", "apnsConf", "chromeWebConf", "firefoxWebConf", "safariWebConf", "chromeAppExtConf"};

[[nodiscard]] constexpr std::string_view to_string(kind which) noexcept {
    return kind_names[static_cast<std::size_t>(which)];
}

/// Errors: unknown_name.
[[nodiscard]] inline result<kind> parse_kind(std::string_view name) {
    for (auto const which : kinds)
        if (to_string(which) == name) return which;
    auto const near = did_you_mean(name, kind_names);
    return error{errc::unknown_name,
                 concat("there are no settings of that name", near.empty() ? "" : "; ", near)};
}

}  // namespace cryptoperiod::settings
