/// @file samples.hpp
/// A good document for every form of the settings, and what in it is secret. The keys are those of
/// tests/crypto/private_keys.hpp: made for tests, thrown away.
#pragma once

#include <array>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/json.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/settings/platform_settings.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/private_keys.hpp"

namespace cryptoperiod::test {

inline constexpr std::string_view api_key = "AIzaSy-test-only-zyxwvutsrqponmlkjih";
inline constexpr std::string_view file_password = "throw-away \xc3\xbc \"quoted\"";

/// The parts of a PNG that are looked at: signature, header, end.
inline std::string png(std::uint32_t width, std::uint32_t height) {
    auto const number = [](std::uint32_t n) {
        return std::string{static_cast<char>(n >> 24U), static_cast<char>(n >> 16U & 255U),
                           static_cast<char>(n >> 8U & 255U), static_cast<char>(n & 255U)};
    };
    return concat("\x89PNG\r\n\x1a\n", std::string_view("\0\0\0\rIHDR", 8), number(width),
                  number(height), std::string_view("\x08\x06\0\0\0check", 9 + 1),
                  std::string_view("\0\0\0\0IEND\xae\x42\x60\x82", 12));
}
inline std::string png_base64(std::uint32_t side) { return to_base64(bytes_of(png(side, side))); }

/// A form of the settings of a platform.
struct settings_sample {
    settings::kind which{};
    std::string_view form;
    json_value document;
    std::vector<std::string> secrets;  ///< texts that must never be seen

    [[nodiscard]] std::string body() const { return document.dump(); }
};

inline settings_sample fcm_v1_sample() {
    json_value const account{
        {"type", "service_account"},
        {"project_id", "example-project"},
        {"private_key_id", "0123456789abcdef0123456789abcdef01234567"},
        {"private_key", rsa_2048_pem},
        {"client_email", "push@example-project.iam.gserviceaccount.com"},
        {"client_id", "123456789012345678901"},
        {"auth_uri", "https://accounts.google.com/o/oauth2/auth"},
        {"token_uri", "https://oauth2.googleapis.com/token"},
        {"auth_provider_x509_cert_url", "https://www.googleapis.com/oauth2/v1/certs"},
        {"client_x509_cert_url", "https://www.googleapis.com/robot/v1/metadata/x509/push"},
        {"universe_domain", "googleapis.com"}};
    return {settings::kind::gcm,
            "v1",
            {{"senderId", "123456789012"}, {"serviceAccount", account}},
            {std::string(rsa_2048_pem.substr(120, 40))}};
}

inline settings_sample safari_sample() {
    json_value document{{"password", file_password},
                        {"certificate", certificate_base64},
                        {"websiteName", "Caf\xc3\xa9 \"Example\""},
                        {"urlFormatString", "https://example.com/%@/?flight=%@"},
                        {"websitePushID", "web.com.example.news"},
                        {"webSiteUrl", "https://example.com"}};
    for (auto const& icon : settings::safari_icons)
        document[std::string(icon.name)] = png_base64(icon.side);
    return {settings::kind::safari_web,
            "",
            document,
            {"throw-away", std::string(certificate_base64.substr(100, 40))}};
}

/// Every form of every platform.
inline std::vector<settings_sample> settings_samples() {
    using settings::kind;
    json_value const key{{"apiKey", api_key}, {"senderId", "123456789012"}};
    return {{kind::gcm, "legacy", key, {std::string(api_key)}},
            fcm_v1_sample(),
            {kind::apns,
             "certificate",
             {{"password", file_password},
              {"certificate", certificate_base64},
              {"isSandBox", true},
              {"validUntil", 1'798'761'600'000}},
             {"throw-away", std::string(certificate_base64.substr(100, 40))}},
            {kind::apns,
             "key",
             {{"privateKey", p256_pem},
              {"keyId", "ABC123DEFG"},
              {"teamId", "DEF123GHIJ"},
              {"bundleId", "com.example.app-1"},
              {"isSandBox", false}},
             {std::string(p256_pem.substr(80, 30))}},
            {kind::chrome_web,
             "",
             {{"apiKey", api_key}, {"webSiteUrl", "https://example.com:8443/app"}},
             {std::string(api_key)}},
            {kind::firefox_web, "", {{"webSiteUrl", "http://localhost:8080"}}, {}},
            safari_sample(),
            {kind::chrome_app_extension, "", key, {std::string(api_key)}}};
}

}  // namespace cryptoperiod::test
