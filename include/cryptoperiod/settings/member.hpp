/// @file member.hpp
/// What one member of the settings may be. Each fault names the platform and the member; none
/// repeats the value, which may be a secret.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/json.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/crypto/pkcs12.hpp>
#include <cryptoperiod/settings/kind.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod::settings {

/// Longest values, in bytes. Assumption: the providers publish none; these are well above what they
/// hand out.
inline constexpr std::size_t api_key_bytes_max = 512;
inline constexpr std::size_t password_bytes_max = 256;
inline constexpr std::size_t certificate_bytes_max = std::size_t{32} << 10U;
inline constexpr std::size_t private_key_bytes_max = 4096;
inline constexpr std::size_t icon_bytes_max = std::size_t{64} << 10U;
inline constexpr std::size_t text_bytes_max = 256;
inline constexpr std::size_t url_bytes_max = 2048;
inline constexpr std::size_t sender_id_digits_max = 20;
inline constexpr std::size_t apple_id_characters = 10;  ///< exactly; of a key and of a team

namespace detail {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_capital(char c) noexcept { return c >= 'A' && c <= 'Z'; }
[[nodiscard]] constexpr bool is_letter(char c) noexcept {
    return is_capital(c) || (c >= 'a' && c <= 'z');
}
[[nodiscard]] constexpr bool is_visible(char c) noexcept { return c > ' ' && c < '\x7f'; }
/// Of names as "com.example.app-1".
[[nodiscard]] constexpr bool is_of_domain(char c) noexcept {
    return is_letter(c) || is_digit(c) || c == '.' || c == '-';
}

/// A place in the settings, and the rules for what can be there.
class member {
public:
    member(kind of, std::string_view name) : path_(concat(to_string(of), ": ", name)) {}

    [[nodiscard]] error fault(errc code, std::string_view why) const {
        return {code, concat(path_, " ", why)};
    }
    /// A fault that was found in the value, whose detail lacks the subject.
    [[nodiscard]] result<void> told(result<void> const& found) const {
        if (found) return {};
        return fault(found.error().code, found.error().detail);
    }

    /// Errors: missing (empty), out_of_range.
    [[nodiscard]] result<void> length(std::size_t size, std::size_t most) const {
        if (size == 0) return fault(errc::missing, "is empty");
        if (size > most)
            return fault(errc::out_of_range, concat("has ", thousands(size), " bytes; at most ",
                                                    thousands(most), " are kept"));
        return {};
    }
    /// A text for people, in UTF-8. Errors: missing, out_of_range, malformed.
    [[nodiscard]] result<void> text(std::string_view value, std::size_t most) const {
        if (auto fits = length(value.size(), most); !fits) return fits;
        if (cryptoperiod::detail::find_control_character(value) != std::string_view::npos)
            return fault(errc::malformed, "has a control character");
        if (!json_text(json_value(value))) return fault(errc::malformed, "is not UTF-8");
        return {};
    }
    /// A text of such characters only, which `what` describes. Errors: as text.
    template <class IsAllowed>
    [[nodiscard]] result<void> only(IsAllowed is_allowed, std::string_view what,
                                    std::string_view value, std::size_t most) const {
        if (auto fits = length(value.size(), most); !fits) return fits;
        if (!std::ranges::all_of(value, is_allowed))
            return fault(errc::malformed, concat("is not of ", what, " only"));
        return {};
    }
    [[nodiscard]] result<void> domain(std::string_view value) const {
        return only(is_of_domain, "letters, digits, '.' and '-'", value, text_bytes_max);
    }
    /// A key of a team, or the id of one: 10 capitals and digits. Errors: as text.
    [[nodiscard]] result<void> apple_id(std::string_view value) const {
        auto const is_allowed = [](char c) { return is_capital(c) || is_digit(c); };
        if (auto fits = length(value.size(), apple_id_characters); !fits) return fits;
        if (value.size() != apple_id_characters || !std::ranges::all_of(value, is_allowed))
            return fault(errc::malformed, "is not 10 of A to Z and 0 to 9");
        return {};
    }
    [[nodiscard]] result<void> sender_id(std::string_view value) const {
        return only(is_digit, "digits", value, sender_id_digits_max);
    }
    [[nodiscard]] result<void> api_key(secret_bytes const& value) const {
        auto const bytes = value.expose();
        return only(is_visible, "visible ASCII characters",
                    {reinterpret_cast<char const*>(bytes.data()), bytes.size()}, api_key_bytes_max);
    }
    /// Any bytes: it opens a file of somebody else's.
    [[nodiscard]] result<void> password(secret_bytes const& value) const {
        return length(value.size(), password_bytes_max);
    }
    [[nodiscard]] result<void> certificate(secret_bytes const& value) const {
        if (auto fits = length(value.size(), certificate_bytes_max); !fits) return fits;
        return told(crypto::check_pfx(value.expose()));
    }
    /// A PNG of this width and height: signature, first and last chunk. Source: ISO/IEC 15948.
    [[nodiscard]] result<void> icon(std::span<std::byte const> value, std::uint32_t side) const;
    /// What a browser or a server of a provider opens. Errors: as text.
    [[nodiscard]] result<void> url(std::string_view value, bool may_be_local) const;

private:
    std::string path_;
};

inline result<void> member::icon(std::span<std::byte const> value, std::uint32_t side) const {
    using namespace std::string_view_literals;
    if (auto fits = length(value.size(), icon_bytes_max); !fits) return fits;
    constexpr auto start = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"sv;
    constexpr auto end = "\0\0\0\0IEND\xae\x42\x60\x82"sv;
    constexpr std::size_t header_bytes = start.size() + 13 + 4;  // and its check sum
    std::string_view const bytes(reinterpret_cast<char const*>(value.data()), value.size());
    if (bytes.size() < header_bytes + end.size() || !bytes.starts_with(start) ||
        !bytes.ends_with(end))
        return fault(errc::malformed, "is not a PNG");
    auto const number_at = [&](std::size_t at) {
        std::uint32_t number = 0;
        for (auto const byte : value.subspan(at, 4))
            number = number << 8U | std::to_integer<std::uint32_t>(byte);
        return number;
    };
    if (number_at(start.size()) != side || number_at(start.size() + 4) != side)
        return fault(errc::malformed, concat("is not ", std::to_string(side), " pixels wide and ",
                                             std::to_string(side), " high"));
    return {};
}

/// A host as in a URL: a name (others than ASCII in their ASCII form) or an address.
[[nodiscard]] inline bool is_host(std::string_view host) noexcept {
    if (host.starts_with('[') && host.ends_with(']') && host.size() > 2)
        return std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
            return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
                   c == '.';
        });
    return !host.empty() && !host.starts_with('.') && !host.starts_with('-') &&
           std::ranges::all_of(host, is_of_domain);
}

/// The port that ends an authority is left out of it. Errors: whether one is there that is none.
[[nodiscard]] inline bool cut_port(std::string_view& authority) noexcept {
    auto const colon = authority.rfind(':');
    if (colon == std::string_view::npos || authority.ends_with(']')) return true;
    auto const port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
    if (port.empty() || port.size() > 5 || !std::ranges::all_of(port, is_digit)) return false;
    unsigned number = 0;
    for (char const digit : port) number = number * 10 + static_cast<unsigned>(digit - '0');
    return number >= 1 && number <= 65535;
}

inline result<void> member::url(std::string_view value, bool may_be_local) const {
    constexpr std::string_view secure = "https://", plain = "http://";
    constexpr std::string_view never = "\"<>\\^`{|}";  // RFC 3986: in no part of a URL
    auto const is_allowed = [&](char c) { return is_visible(c) && never.find(c) == never.npos; };
    if (auto sound = only(is_allowed, "characters of a URL", value, url_bytes_max); !sound)
        return sound;
    bool const is_plain = value.starts_with(plain);
    if (!is_plain && !value.starts_with(secure))
        return fault(errc::malformed, "does not start with https://");
    auto authority = value.substr(is_plain ? plain.size() : secure.size());
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (!cut_port(authority) || !is_host(authority))
        return fault(errc::malformed,
                     "has no host, or more than a host and a port before its path");
    // What browsers take for secure although it is not encrypted (W3C Secure Contexts).
    bool const is_local =
        authority == "localhost" || authority == "127.0.0.1" || authority == "[::1]";
    if (is_plain && !(is_local && may_be_local))
        return fault(errc::malformed, may_be_local
                                          ? "is http; only localhost may be, others need https"
                                          : "is http; it needs https");
    return {};
}

}  // namespace detail

}  // namespace cryptoperiod::settings
