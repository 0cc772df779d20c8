/// @file registration.hpp
/// The registration of one device with one app: a table, and the document that the service keeps of
/// it. Source: IBM push, documentation of its API; seed "Security in push notifications".
#pragma once

#include <array>
#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/suggest.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cryptoperiod::device {

// ---- the table ----------------------------------------------------------------------------------

struct unregistered {};
struct registered {};

struct register_device {
    static constexpr std::string_view label = "register";
    std::int64_t now_ms = 0;
};
struct update_device {
    static constexpr std::string_view label = "update";
    std::int64_t now_ms = 0;
};
struct unregister_device {
    static constexpr std::string_view label = "unregister";
};
/// The provider (APNs, FCM) says that the token is of no device any more.
struct report_dead_token {};

struct registration_record {
    std::int64_t created_ms = 0, updated_ms = 0;

    friend constexpr bool operator==(registration_record const&,
                                     registration_record const&) = default;
};

struct is_new {
    static constexpr errc code = errc::device_exists;
    static constexpr std::string_view reason =
        "it is registered already; update it, or unregister it first";
    static constexpr bool run(register_device const&, registration_record const&) noexcept {
        return false;
    }
};
struct is_known {
    static constexpr errc code = errc::device_not_found;
    static constexpr std::string_view reason = "it is not registered; register it first";
    template <class Event>
    static constexpr bool run(Event const&, registration_record const&) noexcept {
        return false;
    }
};
struct note_creation {
    static constexpr void run(register_device const& e, registration_record& r) noexcept {
        r = {e.now_ms, e.now_ms};
    }
};
struct note_update {
    static constexpr void run(update_device const& e, registration_record& r) noexcept {
        r.updated_ms = e.now_ms;
    }
};

/// A provider that reports a dead token twice, or too late, is no fault of anybody.
struct registration {
    static constexpr std::string_view name = "device registration";
    using context = registration_record;
    using initial_state = unregistered;
    // clang-format off
    using transition_table = fsm::rows<
        //       from          on                 to            do             if
        fsm::row<unregistered, register_device,   registered,   note_creation>,
        fsm::row<unregistered, update_device,     fsm::stay,    fsm::nothing,  is_known>,
        fsm::row<unregistered, unregister_device, fsm::stay,    fsm::nothing,  is_known>,
        fsm::row<unregistered, report_dead_token, fsm::stay>,
        fsm::row<registered,   register_device,   fsm::stay,    fsm::nothing,  is_new>,
        fsm::row<registered,   update_device,     fsm::stay,    note_update>,
        fsm::row<registered,   unregister_device, unregistered>,
        fsm::row<registered,   report_dead_token, unregistered>>;
    // clang-format on
};

// ---- the document -------------------------------------------------------------------------------

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
    web_safari,
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

/// A device that named no user.
inline constexpr std::string_view anonymous = "anonymous";

/// What the service knows of a device. The token is where messages go, and no secret of ours; it
/// is in no log all the same.
struct device_document {
    device_id id;
    std::string token;
    platform on = platform::apns;
    std::string user{anonymous};

    [[nodiscard]] bool has_user() const noexcept { return user != anonymous; }
};

inline constexpr std::size_t token_bytes_max = 4096;
inline constexpr std::size_t user_bytes_max = 256;

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
}  // namespace detail

/// Errors: missing, out_of_range, malformed (token, userId; neither is repeated).
[[nodiscard]] inline result<void> check(device_document const& document) {
    if (auto token = detail::check_member("token", document.token, token_bytes_max); !token)
        return token;
    return detail::check_member("userId", document.user, user_bytes_max);
}

}  // namespace cryptoperiod::device
