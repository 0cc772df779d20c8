/// @file web_token.hpp
/// The token of a browser that has web push: where to send, and the keys that a message to it is
/// encrypted with. Source: IBM push, its SDK for the web; RFC 8291 section 2.1 (lengths), RFC 8030
/// (https).
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/json.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod::device {

/// Where a browser is reached.
struct web_token {
    static constexpr std::size_t public_key_bytes = 65;
    static constexpr std::size_t auth_bytes = 16;

    std::string endpoint;                                     ///< an https address
    std::array<std::byte, public_key_bytes> user_public_key;  ///< P-256, uncompressed: 4 | x | y
    std::array<std::byte, auth_bytes> user_auth;  ///< RFC 8291: the authentication secret
};

namespace detail {

[[nodiscard]] inline error bad_web_token(errc code, std::string_view why) {
    return {code, concat("token of a browser: ", why)};
}

/// Whether this is a name of the public network: letters, digits and hyphens between dots, and a
/// last label that is no number. The service sends to it, so no address of its own network is one.
[[nodiscard]] constexpr bool is_public_host(std::string_view host) noexcept {
    std::size_t labels = 0;
    for (;; ++labels) {
        auto const label = host.substr(0, host.find('.'));
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
            return false;
        if (!std::ranges::all_of(label, [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
            }))
            return false;
        if (label.size() == host.size())
            return labels != 0 && label.front() >= 'a' && label.front() <= 'z';
        host.remove_prefix(label.size() + 1);
    }
}

/// Assumption: as browsers write it: in small letters, without a user, a port or a fragment.
[[nodiscard]] inline result<void> check_endpoint(std::string_view address) {
    constexpr std::string_view scheme = "https://";
    constexpr std::string_view never = "\"#<>\\^`{|}";
    constexpr std::size_t host_bytes_max = 253;
    if (!address.starts_with(scheme))
        return bad_web_token(errc::malformed, "endpoint is not an https address");
    if (!std::ranges::all_of(address, [&](char c) {
            return c > ' ' && c < '\x7f' && never.find(c) == std::string_view::npos;
        }))
        return bad_web_token(errc::malformed,
                             "endpoint has a character that an address does not have");
    auto const rest = address.substr(scheme.size());
    auto const host = rest.substr(0, rest.find_first_of("/?"));
    if (host.size() > host_bytes_max || !is_public_host(host))
        return bad_web_token(errc::malformed, "endpoint does not name a public host");
    return {};
}

/// The text of a member. has_only and text() would do, and name what may be a part of the token.
[[nodiscard]] inline result<std::string_view> web_token_text(json_place const& token,
                                                             std::string_view name,
                                                             std::size_t most) {
    auto const member = token.find(name);
    if (!member) return bad_web_token(errc::missing, concat(name, " is missing"));
    auto const text = member->text(1, most);
    if (!text) return bad_web_token(text.error().code, concat(name, " is no text, or too long"));
    return *text;
}

/// Bytes in base64 as the SDK writes them, or in base64url without padding as browsers do.
template <std::size_t Bytes>
[[nodiscard]] result<std::array<std::byte, Bytes>> web_token_bytes(json_place const& token,
                                                                   std::string_view name) {
    CRYPTOPERIOD_TRY(auto const text, web_token_text(token, name, 2 * Bytes));
    auto const decoded = text.ends_with('=') ? from_base64(text) : from_base64url(text);
    if (!decoded || decoded->size() != Bytes)
        return bad_web_token(errc::malformed, concat(name, " is not the base64 or base64url of ",
                                                     thousands(Bytes), " bytes"));
    std::array<std::byte, Bytes> out{};
    std::ranges::copy(*decoded, out.begin());
    return out;
}

}  // namespace detail

/// Longest address of a browser, in bytes. Assumption: no provider documents one.
inline constexpr std::size_t endpoint_bytes_max = 2048;

/// The token that a text of JSON spells: {"endpoint", "userPublicKey", "userAuth"}. Whether the
/// public key lies on the curve is seen by who encrypts. Errors: missing, malformed, unknown_member
/// (a further member), out_of_range, input_too_large; nothing of the text is repeated.
[[nodiscard]] inline result<web_token> parse_web_token(std::string_view text) {
    constexpr std::size_t json_bytes_max = 4096;
    CRYPTOPERIOD_TRY(auto const value, parse_json(text, {json_bytes_max, 1}));
    json_place const document(value, "token");
    static constexpr std::array<std::string_view, 3> members{"endpoint", "userPublicKey",
                                                             "userAuth"};
    if (auto const sound = document.has_only(members); !sound)
        return detail::bad_web_token(sound.error().code,
                                     "it is not an object of endpoint, userPublicKey and userAuth");
    CRYPTOPERIOD_TRY(auto const endpoint,
                     detail::web_token_text(document, "endpoint", endpoint_bytes_max));
    if (auto sound = detail::check_endpoint(endpoint); !sound) return std::move(sound).error();
    CRYPTOPERIOD_TRY(auto const point, detail::web_token_bytes<web_token::public_key_bytes>(
                                           document, "userPublicKey"));
    if (point.front() != std::byte{4})
        return detail::bad_web_token(errc::malformed,
                                     "userPublicKey is not an uncompressed point of P-256");
    CRYPTOPERIOD_TRY(auto const auth,
                     detail::web_token_bytes<web_token::auth_bytes>(document, "userAuth"));
    return web_token{std::string(endpoint), point, auth};
}

}  // namespace cryptoperiod::device
