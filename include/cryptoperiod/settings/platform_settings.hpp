/// @file platform_settings.hpp
/// What a push service must know to send to each platform, as plain values: put together by hand
/// or read from a document (settings_document.hpp), checked in either case, and written as records
/// that a vault keeps. Secrets are `secret_bytes`. Source: IBM push, documentation of its API
/// (settings); seed "Key Protect integration".
#pragma once

#include <array>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/core/verified_bytes.hpp>
#include <cryptoperiod/crypto/private_key.hpp>
#include <cryptoperiod/settings/kind.hpp>
#include <cryptoperiod/settings/member.hpp>
#include <cryptoperiod/store/record.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cryptoperiod::settings {

// Members are in the order in which records have them.

/// The server key of the legacy protocol of FCM.
struct fcm_legacy_key {
    secret_bytes api_key;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(api_key);
    }
};

/// What FCM v1 needs of the file of a Google service account.
struct fcm_service_account {
    std::string project_id, private_key_id, client_email;
    std::string token_uri;
    secret_bytes private_key;  ///< PKCS#8 in DER: RSA

    template <class Archive>
    void serialize(Archive& archive) {
        archive(project_id, private_key_id, client_email, token_uri, private_key);
    }
};

/// Android: Firebase cloud messaging, which once was GCM.
struct fcm_settings {
    static constexpr kind of = kind::gcm;
    static constexpr std::string_view schema = "settings.gcm";
    static constexpr std::uint32_t schema_version = 1;

    std::string sender_id;  ///< the number of the project; SDKs ask for it, so it is no secret
    std::variant<fcm_legacy_key, fcm_service_account> access;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(sender_id, access);
    }
};

/// A certificate for APNs, and its key.
struct apns_certificate {
    secret_bytes password;
    secret_bytes certificate;  ///< PKCS#12
    /// When the certificate ends, as the operator says: only its password opens the file.
    std::optional<std::int64_t> valid_until_ms;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(password, certificate, valid_until_ms);
    }
};

/// A key that signs tokens for APNs; it does not expire.
struct apns_key {
    secret_bytes private_key;  ///< PKCS#8 in DER: P-256
    std::string key_id, team_id;
    std::string bundle_id;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(private_key, key_id, team_id, bundle_id);
    }
};

/// iOS.
struct apns_settings {
    static constexpr kind of = kind::apns;
    static constexpr std::string_view schema = "settings.apns";
    static constexpr std::uint32_t schema_version = 1;

    bool is_sandbox = false;  ///< messages go to the sandbox of APNs
    std::variant<apns_certificate, apns_key> access;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(is_sandbox, access);
    }
};

struct chrome_web_settings {
    static constexpr kind of = kind::chrome_web;
    static constexpr std::string_view schema = "settings.chrome_web";
    static constexpr std::uint32_t schema_version = 1;

    secret_bytes api_key;
    std::string web_site_url;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(api_key, web_site_url);
    }
};

struct firefox_web_settings {
    static constexpr kind of = kind::firefox_web;
    static constexpr std::string_view schema = "settings.firefox_web";
    static constexpr std::uint32_t schema_version = 1;

    std::string web_site_url;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(web_site_url);
    }
};

/// The icons of a push package of Safari: their names and their sides, in pixels. Source: Apple,
/// "Configuring Safari Push Notifications".
struct icon_description {
    std::string_view name;
    std::uint32_t side;
};
inline constexpr std::array<icon_description, 6> safari_icons{{{"icon_16x16", 16},
                                                               {"icon_16x16@2x", 32},
                                                               {"icon_32x32", 32},
                                                               {"icon_32x32@2x", 64},
                                                               {"icon_128x128", 128},
                                                               {"icon_128x128@2x", 256}}};

struct safari_web_settings {
    static constexpr kind of = kind::safari_web;
    static constexpr std::string_view schema = "settings.safari_web";
    static constexpr std::uint32_t schema_version = 1;

    secret_bytes password;
    secret_bytes certificate;  ///< PKCS#12
    std::string website_name, url_format_string, website_push_id, web_site_url;
    std::array<std::vector<std::byte>, safari_icons.size()> icons;  ///< PNG

    template <class Archive>
    void serialize(Archive& archive) {
        archive(password, certificate, website_name, url_format_string, website_push_id,
                web_site_url, icons);
    }
};

struct chrome_app_extension_settings {
    static constexpr kind of = kind::chrome_app_extension;
    static constexpr std::string_view schema = "settings.chrome_app_extension";
    static constexpr std::uint32_t schema_version = 1;

    secret_bytes api_key;
    std::string sender_id;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(api_key, sender_id);
    }
};

/// The settings of one platform; in the order of `kind`.
using platform_settings =
    std::variant<fcm_settings, apns_settings, chrome_web_settings, firefox_web_settings,
                 safari_web_settings, chrome_app_extension_settings>;

[[nodiscard]] inline kind kind_of(platform_settings const& settings) noexcept {
    return static_cast<kind>(settings.index());
}

// ---- checking -----------------------------------------------------------------------------------

namespace detail {

/// The first fault of several rules; each is looked at only when those before it hold.
template <class... Rule>
[[nodiscard]] result<void> first_fault(Rule const&... rule) {
    result<void> sound;
    static_cast<void>(((sound = rule(), sound.has_value()) && ...));
    return sound;
}

[[nodiscard]] inline result<void> check_access(fcm_legacy_key const& key) {
    return member(kind::gcm, "apiKey").api_key(key.api_key);
}

[[nodiscard]] inline result<void> check_access(fcm_service_account const& account) {
    auto const at = [](std::string_view name) {
        return member(kind::gcm, concat("serviceAccount.", name));
    };
    auto const visible = [&](std::string_view name, std::string_view value) {
        return at(name).only(is_visible, "visible ASCII characters", value, text_bytes_max);
    };
    return first_fault(
        [&] { return visible("project_id", account.project_id); },
        [&] { return visible("private_key_id", account.private_key_id); },
        [&] { return visible("client_email", account.client_email); },
        [&] { return at("token_uri").url(account.token_uri, false); },
        [&] { return at("private_key").length(account.private_key.size(), private_key_bytes_max); },
        [&] {
            return at("private_key")
                .told(crypto::check_rsa_private_key(account.private_key.expose()));
        });
}

[[nodiscard]] inline result<void> check_access(apns_certificate const& given) {
    if (auto sound = member(kind::apns, "password").password(given.password); !sound) return sound;
    if (auto sound = member(kind::apns, "certificate").certificate(given.certificate); !sound)
        return sound;
    // A number beyond the year 9999 is in other units.
    auto const most = civil(9999, 12, 31).time_since_epoch().count();
    if (given.valid_until_ms && (*given.valid_until_ms < 0 || *given.valid_until_ms > most))
        return member(kind::apns, "validUntil")
            .fault(errc::out_of_range, "is not a time until 9999 in milliseconds since 1970");
    return {};
}

[[nodiscard]] inline result<void> check_access(apns_key const& key) {
    auto const at = [](std::string_view name) { return member(kind::apns, name); };
    return first_fault(
        [&] { return at("keyId").apple_id(key.key_id); },
        [&] { return at("teamId").apple_id(key.team_id); },
        [&] { return at("bundleId").domain(key.bundle_id); },
        [&] { return at("privateKey").length(key.private_key.size(), private_key_bytes_max); },
        [&]() -> result<void> {
            auto const read = crypto::p256_private_key(key.private_key.expose());
            if (!read) return at("privateKey").fault(read.error().code, read.error().detail);
            return {};
        });
}

}  // namespace detail

/// Whether settings put together by hand are such as can be kept. Errors, with platform and member
/// and without the value: missing (empty), out_of_range (its length, a time), malformed,
/// key_refused (a private key of another algorithm, too short, inconsistent).
[[nodiscard]] inline result<void> check(fcm_settings const& settings) {
    if (auto sound = detail::member(kind::gcm, "senderId").sender_id(settings.sender_id); !sound)
        return sound;
    return std::visit([](auto const& access) { return detail::check_access(access); },
                      settings.access);
}

/// As above.
[[nodiscard]] inline result<void> check(apns_settings const& settings) {
    return std::visit([](auto const& access) { return detail::check_access(access); },
                      settings.access);
}

/// As above. The site is https, or on localhost: elsewhere no browser gives it push messages.
[[nodiscard]] inline result<void> check(chrome_web_settings const& settings) {
    auto const at = [](std::string_view name) { return detail::member(kind::chrome_web, name); };
    return detail::first_fault([&] { return at("apiKey").api_key(settings.api_key); },
                               [&] { return at("webSiteUrl").url(settings.web_site_url, true); });
}

/// As above.
[[nodiscard]] inline result<void> check(firefox_web_settings const& settings) {
    return detail::member(kind::firefox_web, "webSiteUrl").url(settings.web_site_url, true);
}

/// As above. Apple's ids of web sites start with "web.".
[[nodiscard]] inline result<void> check(safari_web_settings const& settings) {
    auto const at = [](std::string_view name) { return detail::member(kind::safari_web, name); };
    auto sound = detail::first_fault(
        [&] { return at("password").password(settings.password); },
        [&] { return at("certificate").certificate(settings.certificate); },
        [&] { return at("websiteName").text(settings.website_name, text_bytes_max); },
        [&] { return at("urlFormatString").url(settings.url_format_string, true); },
        [&] { return at("websitePushID").domain(settings.website_push_id); },
        [&] { return at("webSiteUrl").url(settings.web_site_url, true); });
    if (!sound) return sound;
    if (!settings.website_push_id.starts_with("web."))
        return at("websitePushID").fault(errc::malformed, "does not start with 'web.'");
    for (std::size_t i = 0; i != safari_icons.size(); ++i)
        if (auto icon = at(safari_icons[i].name).icon(settings.icons[i], safari_icons[i].side);
            !icon)
            return icon;
    return {};
}

/// As above.
[[nodiscard]] inline result<void> check(chrome_app_extension_settings const& settings) {
    auto const at = [](std::string_view name) {
        return detail::member(kind::chrome_app_extension, name);
    };
    return detail::first_fault([&] { return at("apiKey").api_key(settings.api_key); },
                               [&] { return at("senderId").sender_id(settings.sender_id); });
}

/// As above, for each platform.
[[nodiscard]] inline result<void> check(platform_settings const& settings) {
    return std::visit([](auto const& one) { return check(one); }, settings);
}

// ---- records ------------------------------------------------------------------------------------

/// The bytes that a vault seals, in memory that is wiped. Errors: those of check.
[[nodiscard]] inline result<secret_bytes> encode(platform_settings const& settings) {
    if (auto sound = check(settings); !sound) return std::move(sound).error();
    return std::visit([](auto const& one) { return store::encode(one); }, settings);
}

/// The settings that opened bytes are; they were checked when they were encoded, and nobody else
/// could seal others. Errors: record_corrupt (also: another platform's), unknown_version (newer
/// than this build), store_too_large.
[[nodiscard]] inline result<platform_settings> decode(kind which, verified_bytes bytes) {
    auto const as = [&]<class Settings>(std::in_place_type_t<Settings>) {
        result<platform_settings> answer = error{errc::record_corrupt, {}};
        auto read = store::decode<Settings>(bytes);
        if (read)
            answer = platform_settings(*std::move(read));
        else
            answer = std::move(read).error();
        return answer;
    };
    switch (which) {
        case kind::gcm:
            return as(std::in_place_type<fcm_settings>);
        case kind::apns:
            return as(std::in_place_type<apns_settings>);
        case kind::chrome_web:
            return as(std::in_place_type<chrome_web_settings>);
        case kind::firefox_web:
            return as(std::in_place_type<firefox_web_settings>);
        case kind::safari_web:
            return as(std::in_place_type<safari_web_settings>);
        case kind::chrome_app_extension:
            break;
    }
    return as(std::in_place_type<chrome_app_extension_settings>);
}

}  // namespace cryptoperiod::settings
