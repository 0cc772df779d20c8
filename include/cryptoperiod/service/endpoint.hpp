/// @file endpoint.hpp
/// The calls of the push service as one table: method, path, who may call, what success is. Source:
/// IBM push, documentation of its API and of its roles ("push_iam"); where that is silent the row
/// says so. All paths are under /imfpush/v1/apps/{applicationId}.
#pragma once

#include <array>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/device/client_secret.hpp>
#include <cryptoperiod/iam/action.hpp>
#include <cryptoperiod/settings/kind.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace cryptoperiod::service {

enum class call : std::uint8_t {
    find_device,
    register_device,
    update_device,
    unregister_device,
    list_devices,
    read_public_settings,
    read_web_push_key,
    read_settings,
    write_settings,
    delete_settings,
    list_settings,
    write_verification,
    send_message,
    read_message,
    delete_message,
    report_message_status,
    list_tags,
    read_tag,
    create_tag,
    update_tag,
    delete_tag,
    list_subscriptions,
    subscribe,
    unsubscribe,
    delete_subscription,
    list_webhooks,
    read_webhook,
    write_webhook,
    delete_webhook,
};

/// Who may call: apps (by clientSecret, where device/client_secret.hpp asks for it), managers (by a
/// token with a role that permits the action), or both.
struct endpoint {
    call which{};
    std::string_view method;
    std::string_view path;  ///< {name} stands for one segment, {platform} for one that is known
    std::optional<device::client_call> by_app;
    std::optional<iam::action> by_manager;
    std::uint16_t success = 200;
};

namespace detail {
using of_app = device::client_call;
using of_manager = iam::action;
}  // namespace detail

// clang-format off
inline constexpr std::array endpoint_table{
    endpoint{call::find_device,           "GET",    "/devices/{deviceId}",      detail::of_app::look_up_device,     detail::of_manager::push_device_read,         200},
    endpoint{call::register_device,       "POST",   "/devices",                 detail::of_app::register_device,    detail::of_manager::push_device_register,     201},
    endpoint{call::update_device,         "PUT",    "/devices/{deviceId}",      detail::of_app::update_device,      detail::of_manager::push_device_update,       200},
    endpoint{call::unregister_device,     "DELETE", "/devices/{deviceId}",      detail::of_app::unregister_device,  detail::of_manager::push_device_unregister,   204},
    // Two that took the clientSecret until 2020-08-30, and take a token since.
    endpoint{call::list_devices,          "GET",    "/devices",                 std::nullopt,                    detail::of_manager::push_device_read,         200},
    endpoint{call::read_web_push_key,     "GET",    "/settings/webpushServerKey", std::nullopt,                  detail::of_manager::push_settings_read,       200},
    endpoint{call::read_public_settings,  "GET",    "/settings/gcmConfPublic",  detail::of_app::read_public_settings, std::nullopt,                            200},
    endpoint{call::read_public_settings,  "GET",    "/settings/chromeAppExtConfPublic", detail::of_app::read_public_settings, std::nullopt,                    200},
    // Path and method are assumptions: the documents name verifyClientSecret and its purpose only.
    endpoint{call::write_verification,    "PUT",    "/settings/verifyClientSecret", std::nullopt,                detail::of_manager::push_verification_write,  200},
    endpoint{call::list_settings,         "GET",    "/settings",                std::nullopt,                    detail::of_manager::push_settings_read,       200},
    endpoint{call::read_settings,         "GET",    "/settings/{platform}",     std::nullopt,                    detail::of_manager::push_settings_read,       200},
    endpoint{call::write_settings,        "PUT",    "/settings/{platform}",     std::nullopt,                    detail::of_manager::push_settings_write,      200},
    endpoint{call::delete_settings,       "DELETE", "/settings/{platform}",     std::nullopt,                    detail::of_manager::push_settings_delete,     204},
    endpoint{call::send_message,          "POST",   "/messages",                std::nullopt,                    detail::of_manager::push_message_send,        202},
    endpoint{call::send_message,          "POST",   "/messages/bulk",           std::nullopt,                    detail::of_manager::push_message_send,        202},
    endpoint{call::read_message,          "GET",    "/messages/{messageId}",    std::nullopt,                    detail::of_manager::push_message_read,        200},
    endpoint{call::read_message,          "GET",    "/messages/{messageId}/deliverystatus", std::nullopt,        detail::of_manager::push_message_read,        200},
    endpoint{call::delete_message,        "DELETE", "/messages/{messageId}",    std::nullopt,                    detail::of_manager::push_message_delete,      204},
    endpoint{call::report_message_status, "PUT",    "/messages/{messageId}",    detail::of_app::report_message_status, detail::of_manager::push_message_report,   200},
    endpoint{call::report_message_status, "PUT",    "/messages/{messageId}/deliverystatus", detail::of_app::report_message_status, detail::of_manager::push_message_report, 200},
    endpoint{call::list_tags,             "GET",    "/tags",                    detail::of_app::list_tags,          detail::of_manager::push_tag_read,            200},
    endpoint{call::read_tag,              "GET",    "/tags/{name}",             detail::of_app::list_tags,          detail::of_manager::push_tag_read,            200},
    endpoint{call::create_tag,            "POST",   "/tags",                    std::nullopt,                    detail::of_manager::push_tag_write,           201},
    endpoint{call::update_tag,            "PUT",    "/tags/{name}",             std::nullopt,                    detail::of_manager::push_tag_write,           200},
    endpoint{call::delete_tag,            "DELETE", "/tags/{name}",             std::nullopt,                    detail::of_manager::push_tag_delete,          204},
    endpoint{call::list_subscriptions,    "GET",    "/subscriptions",           detail::of_app::list_subscriptions, detail::of_manager::push_subscription_read,   200},
    endpoint{call::subscribe,             "POST",   "/subscriptions",           detail::of_app::subscribe,          detail::of_manager::push_subscription_write,  207},
    // Assumption: who deletes by POST needs the role of who deletes.
    endpoint{call::unsubscribe,           "POST",   "/subscriptions?action=delete", detail::of_app::unsubscribe,    detail::of_manager::push_subscription_delete, 200},
    endpoint{call::delete_subscription,   "DELETE", "/subscriptions",           detail::of_app::unsubscribe,        detail::of_manager::push_subscription_delete, 204},
    endpoint{call::list_webhooks,         "GET",    "/webhooks",                std::nullopt,                    detail::of_manager::push_webhook_read,        200},
    endpoint{call::read_webhook,          "GET",    "/webhooks/{name}",         std::nullopt,                    detail::of_manager::push_webhook_read,        200},
    endpoint{call::write_webhook,         "POST",   "/webhooks",                std::nullopt,                    detail::of_manager::push_webhook_write,       201},
    endpoint{call::write_webhook,         "PUT",    "/webhooks/{name}",         std::nullopt,                    detail::of_manager::push_webhook_write,       200},
    endpoint{call::delete_webhook,        "DELETE", "/webhooks/{name}",         std::nullopt,                    detail::of_manager::push_webhook_delete,      204},
};
// clang-format on

/// The first row of a call; all rows of one call have the same callers.
[[nodiscard]] constexpr endpoint const& row_of(call which) noexcept {
    std::size_t i = 0;
    while (endpoint_table[i].which != which) ++i;
    return endpoint_table[i];
}

namespace detail {
/// Whether `path` is the pattern, in which {name} is one segment that is not empty. The first such
/// segment is put into `segment`.
[[nodiscard]] constexpr bool fits(std::string_view pattern, std::string_view path,
                                  std::string_view& segment) noexcept {
    auto const open = pattern.find('{');
    if (open == std::string_view::npos) return pattern == path;
    if (!path.starts_with(pattern.substr(0, open))) return false;
    auto const close = pattern.find('}');
    auto const rest = path.substr(open);
    auto const found = rest.substr(0, rest.find('/'));
    if (found.empty() || rest.substr(found.size()) != pattern.substr(close + 1)) return false;
    if (pattern.substr(open, close + 1 - open) == "{platform}" && !settings::parse_kind(found))
        return false;
    segment = found;
    return true;
}
/// What stands before, and after, the first `mark`.
[[nodiscard]] constexpr std::pair<std::string_view, std::string_view> cut_at(std::string_view text,
                                                                             char mark) noexcept {
    auto const at = text.find(mark);
    if (at == std::string_view::npos) return {text, {}};
    return {text.substr(0, at), text.substr(at + 1)};
}
/// Whether the query has the parameter, written so.
[[nodiscard]] constexpr bool has_parameter(std::string_view query,
                                           std::string_view parameter) noexcept {
    while (!query.empty()) {
        auto const [first, rest] = cut_at(query, '&');
        if (first == parameter) return true;
        query = rest;
    }
    return false;
}
}  // namespace detail

/// A call as it comes over the wire.
struct routed_call {
    endpoint const* to = nullptr;
    std::string_view segment;  ///< what stands for the {name} of the path, not unescaped
};
/// The endpoint of a method and a path below /apps/{applicationId}. Of the query of the path only
/// that counts which a row has. A path that a row has word for word is no other row's: PUT
/// /settings/gcmConfPublic is not a platform. Errors: path_not_found, method_not_allowed (the path
/// has other methods).
[[nodiscard]] inline result<routed_call> route(std::string_view method, std::string_view target) {
    auto const [path, query] = detail::cut_at(target, '?');
    bool is_known = false, is_literal = false;
    routed_call found, with_query;
    for (auto const& row : endpoint_table) {
        auto const [pattern, parameter] = detail::cut_at(row.path, '?');
        routed_call here{&row, {}};
        if (!detail::fits(pattern, path, here.segment)) continue;
        bool const literal = here.segment.empty();
        if (is_literal && !literal) continue;
        if (literal && !is_literal) found = {};
        is_literal = literal;
        is_known = true;
        if (row.method != method) continue;
        if (parameter.empty())
            found = here;
        else if (detail::has_parameter(query, parameter))
            with_query = here;
    }
    if (with_query.to != nullptr) return with_query;
    if (found.to != nullptr) return found;
    if (is_known)
        return error{errc::method_not_allowed, "the path is there, and not with this method"};
    return error{errc::path_not_found, "there is no such path; see the table of endpoints"};
}

}  // namespace cryptoperiod::service
