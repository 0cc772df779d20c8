/// @file settings_document.hpp
/// The settings of a platform as the body of a PUT, in JSON with IBM's names. Assumptions: IBM
/// takes certificates and icons as multipart, here they are base64 in the document; the members of
/// a p8 key (privateKey, keyId, teamId, bundleId) and of FCM v1 (serviceAccount, Google's file as
/// it is) have no published names; validUntil, in milliseconds since 1970, is given, where IBM
/// reads it from the certificate.
#pragma once

#include <array>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/json.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/crypto/pem.hpp>
#include <cryptoperiod/settings/kind.hpp>
#include <cryptoperiod/settings/platform_settings.hpp>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::settings {

/// Longest document, in bytes: that of Safari has six icons.
[[nodiscard]] constexpr std::size_t document_bytes_max(kind which) noexcept {
    return (which == kind::safari_web ? std::size_t{640} : std::size_t{64}) << 10U;
}

namespace detail {

/// Wipes the texts of a document that holds secrets.
class wiped_document {
public:
    explicit wiped_document(json_value value) noexcept : value_(std::move(value)) {}
    wiped_document(wiped_document const&) = delete;
    wiped_document& operator=(wiped_document const&) = delete;
    ~wiped_document() { wipe(value_); }

    [[nodiscard]] json_value const& value() const noexcept { return value_; }

private:
    json_value value_;
};

/// Reads members in the forms that settings have. Lengths and contents are for `check`.
class member_reader {
public:
    explicit member_reader(json_place place) : place_(std::move(place)) {}

    [[nodiscard]] json_place const& place() const noexcept { return place_; }
    [[nodiscard]] bool has(std::string_view name) const { return place_.find(name).has_value(); }

    /// Errors: missing, malformed; so of the others.
    [[nodiscard]] result<std::string_view> view(std::string_view name) const {
        CRYPTOPERIOD_TRY(auto const found, place_.member(name));
        return found.text(0, std::numeric_limits<std::size_t>::max());
    }
    [[nodiscard]] result<std::string> text(std::string_view name) const {
        CRYPTOPERIOD_TRY(auto const found, view(name));
        return std::string(found);
    }
    [[nodiscard]] result<secret_bytes> secret(std::string_view name) const {
        CRYPTOPERIOD_TRY(auto const found, view(name));
        return secret_bytes::copy_of(found);
    }
    [[nodiscard]] result<std::vector<std::byte>> file(std::string_view name) const {
        CRYPTOPERIOD_TRY(auto const found, view(name));
        auto bytes = from_base64(found);
        if (!bytes)
            return fault(name, errc::malformed, "is not base64 with padding and without lines");
        return bytes;
    }
    [[nodiscard]] result<secret_bytes> secret_file(std::string_view name) const {
        CRYPTOPERIOD_TRY(auto bytes, file(name));
        return secret_bytes::take(bytes);
    }
    [[nodiscard]] result<secret_bytes> private_key(std::string_view name) const {
        CRYPTOPERIOD_TRY(auto const found, view(name));
        if (found.empty()) return fault(name, errc::missing, "is empty");
        auto key = crypto::private_key_of_pem(found);
        if (!key) return fault(name, key.error().code, key.error().detail);
        return key;
    }

    [[nodiscard]] error fault(std::string_view name, errc code, std::string_view why) const {
        auto const found = place_.find(name);
        return found ? found->fault(code, why) : place_.fault(code, why);
    }
    /// Whether exactly one of two members, which stand for two forms, is there. Errors: missing,
    /// inconsistent.
    [[nodiscard]] result<void> has_one_of(std::string_view a, std::string_view b) const {
        if (has(a) && has(b))
            return place_.fault(errc::inconsistent, concat("has ", a, " and ", b, "; give one"));
        if (!has(a) && !has(b))
            return place_.fault(errc::missing, concat("has neither ", a, " nor ", b));
        return {};
    }

private:
    json_place place_;
};

[[nodiscard]] inline result<fcm_service_account> read_service_account(member_reader const& in) {
    // The file of Google is given as it is; not everything in it is kept.
    static constexpr std::array<std::string_view, 11> members{"type",
                                                              "project_id",
                                                              "private_key_id",
                                                              "private_key",
                                                              "client_email",
                                                              "client_id",
                                                              "auth_uri",
                                                              "token_uri",
                                                              "auth_provider_x509_cert_url",
                                                              "client_x509_cert_url",
                                                              "universe_domain"};
    if (auto known = in.place().has_only(members); !known) return std::move(known).error();
    CRYPTOPERIOD_TRY(auto const type, in.view("type"));
    if (type != "service_account")
        return in.fault("type", errc::malformed, "is not 'service_account'");
    fcm_service_account out;
    CRYPTOPERIOD_TRY(out.project_id, in.text("project_id"));
    CRYPTOPERIOD_TRY(out.private_key_id, in.text("private_key_id"));
    CRYPTOPERIOD_TRY(out.client_email, in.text("client_email"));
    CRYPTOPERIOD_TRY(out.token_uri, in.text("token_uri"));
    CRYPTOPERIOD_TRY(out.private_key, in.private_key("private_key"));
    return out;
}

[[nodiscard]] inline result<platform_settings> read_fcm(member_reader const& in) {
    static constexpr std::array<std::string_view, 3> members{"apiKey", "senderId",
                                                             "serviceAccount"};
    if (auto known = in.place().has_only(members); !known) return std::move(known).error();
    fcm_settings out;
    CRYPTOPERIOD_TRY(out.sender_id, in.text("senderId"));
    if (auto one = in.has_one_of("apiKey", "serviceAccount"); !one) return std::move(one).error();
    if (auto const account = in.place().find("serviceAccount")) {
        CRYPTOPERIOD_TRY(out.access, read_service_account(member_reader(*account)));
    } else {
        fcm_legacy_key key;
        CRYPTOPERIOD_TRY(key.api_key, in.secret("apiKey"));
        out.access = std::move(key);
    }
    return platform_settings(std::move(out));
}

[[nodiscard]] inline result<apns_certificate> read_apns_certificate(member_reader const& in) {
    static constexpr std::array<std::string_view, 4> members{"password", "certificate", "isSandBox",
                                                             "validUntil"};
    if (auto known = in.place().has_only(members); !known) return std::move(known).error();
    apns_certificate out;
    CRYPTOPERIOD_TRY(out.password, in.secret("password"));
    CRYPTOPERIOD_TRY(out.certificate, in.secret_file("certificate"));
    if (auto const until = in.place().find("validUntil")) {
        CRYPTOPERIOD_TRY(out.valid_until_ms, until->whole_number());
    }
    return out;
}

[[nodiscard]] inline result<apns_key> read_apns_key(member_reader const& in) {
    static constexpr std::array<std::string_view, 5> members{"privateKey", "keyId", "teamId",
                                                             "bundleId", "isSandBox"};
    if (auto known = in.place().has_only(members); !known) return std::move(known).error();
    apns_key out;
    CRYPTOPERIOD_TRY(out.private_key, in.private_key("privateKey"));
    CRYPTOPERIOD_TRY(out.key_id, in.text("keyId"));
    CRYPTOPERIOD_TRY(out.team_id, in.text("teamId"));
    CRYPTOPERIOD_TRY(out.bundle_id, in.text("bundleId"));
    return out;
}

[[nodiscard]] inline result<platform_settings> read_apns(member_reader const& in) {
    if (auto object = in.place().object(); !object) return std::move(object).error();
    if (auto one = in.has_one_of("certificate", "privateKey"); !one) return std::move(one).error();
    apns_settings out;
    if (in.has("privateKey")) {
        CRYPTOPERIOD_TRY(out.access, read_apns_key(in));
    } else {
        CRYPTOPERIOD_TRY(out.access, read_apns_certificate(in));
    }
    // Never guessed: with the wrong one, sending deletes the registrations of devices.
    CRYPTOPERIOD_TRY(auto const sandbox, in.place().member("isSandBox"));
    CRYPTOPERIOD_TRY(out.is_sandbox, sandbox.boolean());
    return platform_settings(std::move(out));
}

[[nodiscard]] inline result<platform_settings> read_chrome_web(member_reader const& in) {
    static constexpr std::array<std::string_view, 2> members{"apiKey", "webSiteUrl"};
    if (auto known = in.place().has_only(members); !known) return std::move(known).error();
    chrome_web_settings out;
    CRYPTOPERIOD_TRY(out.api_key, in.secret("apiKey"));
    CRYPTOPERIOD_TRY(out.web_site_url, in.text("webSiteUrl"));
    return platform_settings(std::move(out));
}

[[nodiscard]] inline result<platform_settings> read_firefox_web(member_reader const& in) {
    static constexpr std::array<std::string_view, 1> members{"webSiteUrl"};
    if (auto known = in.place().has_only(members); !known) return std::move(known).error();
    firefox_web_settings out;
    CRYPTOPERIOD_TRY(out.web_site_url, in.text("webSiteUrl"));
    return platform_settings(std::move(out));
}

[[nodiscard]] inline result<platform_settings> read_safari_web(member_reader const& in) {
    static constexpr auto members = [] {
        std::array<std::string_view, 6 + safari_icons.size()> names{
            "password",        "certificate",   "websiteName",
            "urlFormatString", "websitePushID", "webSiteUrl"};
        for (std::size_t i = 0; i != safari_icons.size(); ++i) names[6 + i] = safari_icons[i].name;
        return names;
    }();
    if (auto known = in.place().has_only(members); !known) return std::move(known).error();
    safari_web_settings out;
    CRYPTOPERIOD_TRY(out.password, in.secret("password"));
    CRYPTOPERIOD_TRY(out.certificate, in.secret_file("certificate"));
    CRYPTOPERIOD_TRY(out.website_name, in.text("websiteName"));
    CRYPTOPERIOD_TRY(out.url_format_string, in.text("urlFormatString"));
    CRYPTOPERIOD_TRY(out.website_push_id, in.text("websitePushID"));
    CRYPTOPERIOD_TRY(out.web_site_url, in.text("webSiteUrl"));
    for (std::size_t i = 0; i != safari_icons.size(); ++i) {
        CRYPTOPERIOD_TRY(out.icons[i], in.file(safari_icons[i].name));
    }
    return platform_settings(std::move(out));
}

[[nodiscard]] inline result<platform_settings> read_chrome_app_extension(member_reader const& in) {
    static constexpr std::array<std::string_view, 2> members{"apiKey", "senderId"};
    if (auto known = in.place().has_only(members); !known) return std::move(known).error();
    chrome_app_extension_settings out;
    CRYPTOPERIOD_TRY(out.api_key, in.secret("apiKey"));
    CRYPTOPERIOD_TRY(out.sender_id, in.text("senderId"));
    return platform_settings(std::move(out));
}

[[nodiscard]] inline result<platform_settings> read_settings(kind which, member_reader const& in) {
    switch (which) {
        case kind::gcm:
            return read_fcm(in);
        case kind::apns:
            return read_apns(in);
        case kind::chrome_web:
            return read_chrome_web(in);
        case kind::firefox_web:
            return read_firefox_web(in);
        case kind::safari_web:
            return read_safari_web(in);
        case kind::chrome_app_extension:
            break;
    }
    return read_chrome_app_extension(in);
}

}  // namespace detail

/// The settings that a document describes. What was read of it is wiped; the caller has the text.
/// Errors: those of parse_json and check; missing, malformed, unknown_member (one that the
/// platform does not have), inconsistent (members of two forms). A detail names platform and
/// member, and repeats no value.
[[nodiscard]] inline result<platform_settings> parse_settings(kind which,
                                                              std::string_view json_body) {
    CRYPTOPERIOD_TRY(auto value, parse_json(json_body, {.bytes = document_bytes_max(which)}));
    detail::wiped_document const document(std::move(value));
    detail::member_reader const in(json_place(document.value(), std::string(to_string(which))));
    CRYPTOPERIOD_TRY(auto settings, detail::read_settings(which, in));
    if (auto sound = check(settings); !sound) return std::move(sound).error();
    return settings;
}

}  // namespace cryptoperiod::settings
