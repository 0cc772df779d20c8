/// @file shown_settings.hpp
/// What of the settings is shown, in JSON: to the SDKs of devices, and to who manages them. No
/// secret is in either.
#pragma once

#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/json.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/crypto/digest.hpp>
#include <cryptoperiod/settings/kind.hpp>
#include <cryptoperiod/settings/platform_settings.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <variant>

namespace cryptoperiod::settings {

namespace detail {

/// The text of a document that cannot be refused: what is not UTF-8 is replaced.
[[nodiscard]] inline std::string shown(json_value const& document) {
    return document.dump(-1, ' ', false, json_value::error_handler_t::replace);
}
[[nodiscard]] inline std::string fingerprint(std::span<std::byte const> file) {
    return to_hex(crypto::digest<crypto::sha256>({file}));
}
/// In the place of a secret: that there is one.
[[nodiscard]] inline bool is_there(secret_bytes const& secret) noexcept { return !secret.empty(); }

[[nodiscard]] inline json_value describe(fcm_settings const& settings) {
    json_value out{{"senderId", settings.sender_id}};
    if (auto const* const key = std::get_if<fcm_legacy_key>(&settings.access))
        out["apiKey"] = is_there(key->api_key);
    if (auto const* const account = std::get_if<fcm_service_account>(&settings.access))
        out["serviceAccount"] = {{"type", "service_account"},
                                 {"project_id", account->project_id},
                                 {"private_key_id", account->private_key_id},
                                 {"private_key", is_there(account->private_key)},
                                 {"client_email", account->client_email},
                                 {"token_uri", account->token_uri}};
    return out;
}

[[nodiscard]] inline json_value describe(apns_settings const& settings) {
    json_value out{{"isSandBox", settings.is_sandbox}};
    if (auto const* const given = std::get_if<apns_certificate>(&settings.access)) {
        out["certificate"] = fingerprint(given->certificate.expose());
        out["password"] = is_there(given->password);
        if (given->valid_until_ms) out["validUntil"] = *given->valid_until_ms;
    }
    if (auto const* const key = std::get_if<apns_key>(&settings.access)) {
        out["privateKey"] = is_there(key->private_key);
        out["keyId"] = key->key_id;
        out["teamId"] = key->team_id;
        out["bundleId"] = key->bundle_id;
    }
    return out;
}

[[nodiscard]] inline json_value describe(chrome_web_settings const& settings) {
    return {{"apiKey", is_there(settings.api_key)}, {"webSiteUrl", settings.web_site_url}};
}

[[nodiscard]] inline json_value describe(firefox_web_settings const& settings) {
    return {{"webSiteUrl", settings.web_site_url}};
}

[[nodiscard]] inline json_value describe(safari_web_settings const& settings) {
    json_value out{{"password", is_there(settings.password)},
                   {"certificate", fingerprint(settings.certificate.expose())},
                   {"websiteName", settings.website_name},
                   {"urlFormatString", settings.url_format_string},
                   {"websitePushID", settings.website_push_id},
                   {"webSiteUrl", settings.web_site_url}};
    for (std::size_t i = 0; i != safari_icons.size(); ++i)
        out[std::string(safari_icons[i].name)] = fingerprint(settings.icons[i]);
    return out;
}

[[nodiscard]] inline json_value describe(chrome_app_extension_settings const& settings) {
    return {{"apiKey", is_there(settings.api_key)}, {"senderId", settings.sender_id}};
}

}  // namespace detail

/// What a GET of the management shows, with the members of the document: `true` in the place of an
/// API key, a password or a private key, the SHA-256 of a file in hex in the place of the file.
[[nodiscard]] inline std::string described(platform_settings const& settings) {
    return detail::shown(
        std::visit([](auto const& one) { return detail::describe(one); }, settings));
}

/// What devices are told: gcmConfPublic and chromeAppExtConfPublic. Errors: record_not_found (the
/// others have no such document).
[[nodiscard]] inline result<std::string> public_form(platform_settings const& settings) {
    if (auto const* const fcm = std::get_if<fcm_settings>(&settings))
        return detail::shown({{"senderId", fcm->sender_id}});
    if (auto const* const app = std::get_if<chrome_app_extension_settings>(&settings))
        return detail::shown({{"senderId", app->sender_id}});
    return error{errc::record_not_found, concat(to_string(kind_of(settings)),
                                                " has nothing public; gcmConf and "
                                                "chromeAppExtConf have")};
}

}  // namespace cryptoperiod::settings
