/// @file bytes.hpp
/// Bytes as text and back: hex, base64, base64url. Decoding is strict: one byte string has one
/// accepted spelling (two letter cases in hex), so a spelling can be compared, signed and counted.
/// Source: RFC 4648 sections 4, 5, 8; section 3.5 for the bits left over.
#pragma once

#include <cryptoperiod/core/result.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cryptoperiod {

/// Whether the text is filled with '=' to a multiple of four.
enum class padding {
    required,  ///< encoders write it, decoders refuse its absence
    none,      ///< encoders leave it out, decoders refuse its presence
};

/// The bytes of a text, without a copy; valid as long as the text is.
[[nodiscard]] inline std::span<std::byte const> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

namespace detail {

// Keys pass through these functions. So no table is indexed by a byte of the input, and no branch
// taken on one, other than those that refuse a text or look for its padding: masks are all ones or
// all zeros.

/// All ones when a < b; both below 2^31.
[[nodiscard]] inline unsigned mask_below(unsigned a, unsigned b) noexcept {
    unsigned mask = 0U - ((a - b) >> 31U);
#if defined(__GNUC__)
    __asm__("" : "+r"(mask));  // clang would see that it has two values, and branch on them
#endif
    return mask;
}

/// All ones when low <= a <= high.
[[nodiscard]] inline unsigned mask_within(unsigned a, unsigned low, unsigned high) noexcept {
    return ~mask_below(a, low) & mask_below(a, high + 1);
}

/// The two characters that differ between base64 and base64url, and the name for messages.
struct base64_alphabet {
    std::string_view name;
    unsigned char value_62;
    unsigned char value_63;
};

inline constexpr base64_alphabet standard_alphabet{"base64", '+', '/'};
inline constexpr base64_alphabet url_alphabet{"base64url", '-', '_'};

[[nodiscard]] inline char hex_character(unsigned nibble) noexcept {
    return static_cast<char>((mask_below(nibble, 10) & ('0' + nibble)) |
                             (~mask_below(nibble, 10) & (nibble - 10 + 'a')));
}

/// Value plus one; zero for a character that is not a hex digit.
[[nodiscard]] inline unsigned hex_value_plus_one(char character) noexcept {
    unsigned const c = static_cast<unsigned char>(character);
    return (mask_within(c, '0', '9') & (c - '0' + 1)) |
           (mask_within(c, 'a', 'f') & (c - 'a' + 11)) |
           (mask_within(c, 'A', 'F') & (c - 'A' + 11));
}

[[nodiscard]] inline char base64_character(unsigned v, base64_alphabet const& a) noexcept {
    return static_cast<char>(
        (mask_below(v, 26) & ('A' + v)) | (mask_within(v, 26, 51) & (v - 26 + 'a')) |
        (mask_within(v, 52, 61) & (v - 52 + '0')) | (mask_within(v, 62, 62) & a.value_62) |
        (mask_within(v, 63, 63) & a.value_63));
}

/// Value plus one; zero for a character outside the alphabet.
[[nodiscard]] inline unsigned base64_value_plus_one(char character,
                                                    base64_alphabet const& a) noexcept {
    unsigned const c = static_cast<unsigned char>(character);
    return (mask_within(c, 'A', 'Z') & (c - 'A' + 1)) |
           (mask_within(c, 'a', 'z') & (c - 'a' + 27)) |
           (mask_within(c, '0', '9') & (c - '0' + 53)) |
           (mask_within(c, a.value_62, a.value_62) & 63U) |
           (mask_within(c, a.value_63, a.value_63) & 64U);
}

[[nodiscard]] inline error encoding_error(std::string_view name, std::string_view what,
                                          std::size_t offset) {
    return error{errc::malformed, std::string(name) + ": " + std::string(what) + " (offset " +
                                      std::to_string(offset) + ")"};
}

[[nodiscard]] inline std::string encode_base64(std::span<std::byte const> bytes,
                                               base64_alphabet const& alphabet, padding pad) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::size_t const count = bytes.size() - i < 3 ? bytes.size() - i : 3;
        unsigned group = 0;
        for (std::size_t k = 0; k != 3; ++k)
            group = group << 8U | (k < count ? std::to_integer<unsigned>(bytes[i + k]) : 0U);
        for (unsigned k = 0; k != 4; ++k) {
            if (k <= count)
                text += base64_character(group >> (18U - 6U * k) & 63U, alphabet);
            else if (pad == padding::required)
                text += '=';
        }
    }
    return text;
}

/// How many '=' end the text, once its length and padding are known to be right.
[[nodiscard]] inline result<std::size_t> base64_padding(std::string_view text,
                                                        base64_alphabet const& alphabet,
                                                        padding pad) {
    std::size_t count = 0;
    while (count < text.size() && text[text.size() - 1 - count] == '=') ++count;
    if (pad == padding::none) {
        if (count != 0)
            return encoding_error(alphabet.name, "padding is not allowed here; remove the '='",
                                  text.size() - count);
        if (text.size() % 4 == 1)
            return encoding_error(alphabet.name, "the last character stands alone; text is cut off",
                                  text.size() - 1);
        return count;
    }
    if (text.size() % 4 != 0)
        return encoding_error(alphabet.name, "the length is not a multiple of 4", text.size());
    if (count > 2) return encoding_error(alphabet.name, "more than two '='", text.size() - count);
    return count;
}

[[nodiscard]] inline result<std::vector<std::byte>> decode_base64(std::string_view text,
                                                                  base64_alphabet const& alphabet,
                                                                  padding pad) {
    CRYPTOPERIOD_TRY(std::size_t const pad_count, base64_padding(text, alphabet, pad));
    auto const body = text.substr(0, text.size() - pad_count);
    std::vector<std::byte> bytes;
    bytes.reserve(body.size() / 4 * 3 + 2);
    unsigned bits = 0;
    unsigned bit_count = 0;
    for (std::size_t i = 0; i != body.size(); ++i) {
        unsigned const value = base64_value_plus_one(body[i], alphabet);
        if (value == 0) return encoding_error(alphabet.name, "not of the alphabet", i);
        bits = (bits << 6U | (value - 1)) & 0xffffU;
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        bytes.push_back(static_cast<std::byte>(bits >> bit_count & 0xffU));
    }
    // Bits that no byte takes must be zero, or several texts would mean the same bytes.
    if ((bits & ((1U << bit_count) - 1U)) != 0)
        return encoding_error(alphabet.name, "the bits left over are not zero", body.size() - 1);
    return bytes;
}

}  // namespace detail

/// Lower-case hex, two characters a byte.
[[nodiscard]] inline std::string to_hex(std::span<std::byte const> bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (auto const byte : bytes) {
        text += detail::hex_character(std::to_integer<unsigned>(byte) >> 4U);
        text += detail::hex_character(std::to_integer<unsigned>(byte) & 15U);
    }
    return text;
}

/// Bytes of hex in either letter case. Errors: malformed (odd length, or not a hex digit: no
/// whitespace, no separators, no 0x); the detail names the offset, never the text.
[[nodiscard]] inline result<std::vector<std::byte>> from_hex(std::string_view text) {
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i != text.size(); i += 2) {
        unsigned const high = detail::hex_value_plus_one(text[i]);
        if (high == 0) return detail::encoding_error("hex", "not a hex digit", i);
        if (i + 1 == text.size())
            return detail::encoding_error("hex", "odd number of digits", text.size());
        unsigned const low = detail::hex_value_plus_one(text[i + 1]);
        if (low == 0) return detail::encoding_error("hex", "not a hex digit", i + 1);
        bytes.push_back(static_cast<std::byte>((high - 1) << 4U | (low - 1)));
    }
    return bytes;
}

/// Base64 with '+' and '/'; padded unless told otherwise. Source: RFC 4648 section 4.
[[nodiscard]] inline std::string to_base64(std::span<std::byte const> bytes,
                                           padding pad = padding::required) {
    return detail::encode_base64(bytes, detail::standard_alphabet, pad);
}

/// Bytes of base64, padded unless told otherwise. Errors: malformed (wrong length or padding, a
/// character outside the alphabet, whitespace, bits left over that are not zero); the detail names
/// the offset, never the text.
[[nodiscard]] inline result<std::vector<std::byte>> from_base64(std::string_view text,
                                                                padding pad = padding::required) {
    return detail::decode_base64(text, detail::standard_alphabet, pad);
}

/// Base64 with '-' and '_', for URLs, file names and JSON web tokens; unpadded unless told
/// otherwise, as RFC 7515 section 2 wants it. Source: RFC 4648 section 5.
[[nodiscard]] inline std::string to_base64url(std::span<std::byte const> bytes,
                                              padding pad = padding::none) {
    return detail::encode_base64(bytes, detail::url_alphabet, pad);
}

/// Bytes of base64url, unpadded unless told otherwise. Errors: as from_base64.
[[nodiscard]] inline result<std::vector<std::byte>> from_base64url(std::string_view text,
                                                                   padding pad = padding::none) {
    return detail::decode_base64(text, detail::url_alphabet, pad);
}

}  // namespace cryptoperiod
