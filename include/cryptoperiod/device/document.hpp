/// @file document.hpp
/// What a service keeps of a device, and its JSON: what POST and PUT take, and what all calls
/// answer. Source: IBM push, documentation of its API and its SDKs for Android, iOS and the web.
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/json.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/device/web_token.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod::device {

struct device_tag {
    static constexpr std::string_view name = "deviceId";
};
using device_id = id<device_tag>;

/// Whose push service a device listens to.
enum class platform : std::uint8_t {
    apns,
    fcm,
    web_chrome,
    web_firefox,
    web_safari,  ///< web push of Safari before 16: its token is one of APNs
    chrome_app_extension,
};
inline constexpr std::array<std::string_view, 6> platform_names{
    "A", "G", "WEB_CHROME", "WEB_FIREFOX", "WEB_SAFARI", "APPEXT_CHROME"};

[[nodiscard]] constexpr std::string_view to_string(platform p) noexcept {
    return platform_names[static_cast<std::size_t>(p)];
}
/// Errors: unknown_name.
[[nodiscard]] inline result<platform> parse_platform(std::string_view name) {
    for (std::size_t i = 0; i != platform_names.size(); ++i)
        if (platform_names[i] == name) return static_cast<platform>(i);
    return error{errc::unknown_name,
                 "platform is none of A, G, WEB_CHROME, WEB_FIREFOX, WEB_SAFARI, APPEXT_CHROME"};
}
/// Whether its tokens are those of web_token.hpp.
[[nodiscard]] constexpr bool has_web_tokens(platform p) noexcept {
    return p == platform::web_chrome || p == platform::web_firefox;
}

/// A device that named no user.
inline constexpr std::string_view anonymous = "anonymous";

/// What templates of messages put in, by name.
using template_variables = std::map<std::string, std::string, std::less<>>;

// Bounds, in bytes. Assumption: the documents have none.
inline constexpr std::size_t token_bytes_max = 4096;
inline constexpr std::size_t user_bytes_max = 256;
inline constexpr std::size_t user_agent_bytes_max = 1024;
inline constexpr std::size_t variables_max = 64;  ///< how many
inline constexpr std::size_t variable_name_bytes_max = 128;
inline constexpr std::size_t variable_bytes_max = 512;

/// What the service knows of a device. The token is where messages go, and no secret of ours; it
/// is in no log all the same. A plain value: check says whether it is a valid one.
struct device_document {
    device_id id;
    std::string token;
    platform on = platform::apns;
    std::string user{anonymous};
    template_variables variables{};
    bool vapid = false;  ///< Chrome only: registered with a VAPID key

    [[nodiscard]] bool has_user() const noexcept { return user != anonymous; }

    friend bool operator==(device_document const&, device_document const&) = default;
};

/// What an update says. What it leaves out stays as it is. Assumption: so does the userId.
struct device_update {
    std::optional<device_id> id;  ///< the SDK for the web repeats both; they never change
    std::optional<platform> on;
    std::optional<std::string> token, user;
    std::optional<template_variables> variables;
    std::optional<bool> vapid;

    [[nodiscard]] bool names_user() const noexcept { return user && *user != anonymous; }
};

namespace detail {

[[nodiscard]] inline result<void> check_member(std::string_view name, std::string_view text,
                                               std::size_t most) {
    if (text.empty()) return error{errc::missing, concat(name, " is empty")};
    if (text.size() > most)
        return error{errc::out_of_range, concat(name, " has ", thousands(text.size()),
                                                " bytes; at most ", thousands(most), " are kept")};
    if (cryptoperiod::detail::find_control_character(text) != std::string_view::npos)
        return error{errc::malformed, concat(name, " has a control character")};
    return {};
}
[[nodiscard]] inline result<void> check_variables(template_variables const& variables) {
    if (variables.size() > variables_max)
        return error{errc::out_of_range,
                     concat("variables are ", thousands(variables.size()), "; at most ",
                            thousands(variables_max), " are kept")};
    for (auto const& [name, value] : variables) {
        if (auto sound = check_member("the name of a variable", name, variable_name_bytes_max);
            !sound)
            return sound;
        if (value.empty()) continue;
        if (auto sound = check_member("a variable", value, variable_bytes_max); !sound)
            return sound;
    }
    return {};
}

}  // namespace detail

/// Errors: missing, out_of_range, malformed (token, userId, variables; none is repeated), those of
/// parse_web_token, inconsistent (vapidRegistration elsewhere than in Chrome).
[[nodiscard]] inline result<void> check(device_document const& document) {
    if (auto token = detail::check_member("token", document.token, token_bytes_max); !token)
        return token;
    if (has_web_tokens(document.on))
        if (auto token = parse_web_token(document.token); !token) return std::move(token).error();
    if (auto user = detail::check_member("userId", document.user, user_bytes_max); !user)
        return user;
    if (document.vapid && document.on != platform::web_chrome)
        return error{errc::inconsistent, "vapidRegistration is for WEB_CHROME only; leave it out"};
    return detail::check_variables(document.variables);
}

namespace detail {

inline constexpr std::array<std::string_view, 6> device_members{
    "deviceId", "token", "platform", "userId", "variables", "vapidRegistration"};

[[nodiscard]] inline result<template_variables> read_variables(json_place const& place) {
    template_variables out;
    CRYPTOPERIOD_TRY(auto const members, place.members(0, variables_max));
    for (auto const& [name, member] : members) {
        CRYPTOPERIOD_TRY(auto const text, member.text(0, variable_bytes_max));
        out.emplace(name, text);
    }
    return out;
}

/// All members are optional here.
[[nodiscard]] inline result<device_update> read_device(json_place const& document) {
    if (auto sound = document.has_only(device_members); !sound) return std::move(sound).error();
    device_update out;
    if (auto const member = document.find("deviceId")) {
        CRYPTOPERIOD_TRY(auto const text, member->text(1, id_bytes_max));
        CRYPTOPERIOD_TRY(out.id, device_id::parse(text));
    }
    if (auto const member = document.find("platform")) {
        CRYPTOPERIOD_TRY(auto const text, member->text(1, id_bytes_max));
        CRYPTOPERIOD_TRY(out.on, parse_platform(text));
    }
    if (auto const member = document.find("token")) {
        CRYPTOPERIOD_TRY(out.token, member->text(1, token_bytes_max));
    }
    if (auto const member = document.find("userId")) {
        CRYPTOPERIOD_TRY(out.user, member->text(1, user_bytes_max));
    }
    if (auto const member = document.find("variables")) {
        CRYPTOPERIOD_TRY(out.variables, read_variables(*member));
    }
    if (auto const member = document.find("vapidRegistration")) {
        CRYPTOPERIOD_TRY(out.vapid, member->truth());
    }
    return out;
}

}  // namespace detail

/// What POST takes: deviceId, token, platform; optional: userId, variables, vapidRegistration.
/// Errors: those of parse_json and check; missing, malformed, out_of_range, unknown_member (a
/// further member, which is named; a platform). The token is never repeated.
[[nodiscard]] inline result<device_document> parse_registration(std::string_view json) {
    CRYPTOPERIOD_TRY(auto const value, parse_json(json));
    json_place const place(value, "device");
    CRYPTOPERIOD_TRY(auto read, detail::read_device(place));
    for (auto const name : {"deviceId", "token", "platform"})
        if (auto const there = place.member(name); !there) return there.error();
    device_document out{*std::move(read.id),
                        *std::move(read.token),
                        *read.on,
                        std::move(read.user).value_or(std::string(anonymous)),
                        std::move(read.variables).value_or(template_variables{}),
                        read.vapid.value_or(false)};
    if (auto sound = check(out); !sound) return std::move(sound).error();
    return out;
}

/// What PUT takes: the members of POST, each of them optional, but not none of those that change
/// anything. Errors: those of parse_registration. Whether all fits the device is seen by `updated`.
[[nodiscard]] inline result<device_update> parse_update(std::string_view json) {
    CRYPTOPERIOD_TRY(auto const value, parse_json(json));
    CRYPTOPERIOD_TRY(auto read, detail::read_device(json_place(value, "device")));
    if (!read.token && !read.user && !read.variables && !read.vapid)
        return error{errc::missing,
                     "device: nothing to update; give token, userId, variables or "
                     "vapidRegistration"};
    return read;
}

/// The document after the update. Errors: inconsistent (another deviceId or platform), those of
/// check.
[[nodiscard]] inline result<device_document> updated(device_document document,
                                                     device_update update) {
    if (update.id && *update.id != document.id)
        return error{errc::inconsistent, "deviceId is not that of the address; it never changes"};
    if (update.on && *update.on != document.on)
        return error{errc::inconsistent,
                     concat("platform is not the ", to_string(document.on),
                            " of the registration; unregister the device and register it anew")};
    if (update.token) document.token = *std::move(update.token);
    if (update.user) document.user = *std::move(update.user);
    if (update.variables) document.variables = *std::move(update.variables);
    if (update.vapid) document.vapid = *update.vapid;
    if (auto sound = check(document); !sound) return std::move(sound).error();
    return document;
}

/// What is kept of the header User-Agent: its first user_agent_bytes_max bytes, '?' for each that
/// is not visible ASCII.
[[nodiscard]] inline std::string kept_user_agent(std::string_view header) {
    std::string kept(header.substr(0, user_agent_bytes_max));
    std::ranges::replace_if(
        kept, [](char c) { return c < ' ' || c > '~'; }, '?');
    return kept;
}

/// The answer to all calls that concern one device: times in milliseconds since 1970-01-01 UTC, the
/// user agent as the call that registered it named it. Errors: malformed (not UTF-8).
[[nodiscard]] inline result<std::string> to_json(device_document const& document,
                                                 std::int64_t created_ms, std::int64_t updated_ms,
                                                 std::string_view user_agent) {
    auto const iso = [](std::int64_t ms) { return to_iso(time_point(milliseconds(ms))); };
    json_value out{{"deviceId", document.id.str()},
                   {"token", document.token},
                   {"platform", to_string(document.on)},
                   {"userId", document.user},
                   {"createdMode", "API"},
                   {"createdTime", iso(created_ms)},
                   {"lastUpdatedTime", iso(updated_ms)},
                   {"userAgent", user_agent}};
    if (!document.variables.empty()) out["variables"] = document.variables;
    if (document.vapid) out["vapidRegistration"] = true;
    return json_text(out);
}

}  // namespace cryptoperiod::device
