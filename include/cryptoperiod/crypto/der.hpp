/// @file der.hpp
/// Reads DER: the structure of keys and key files, element by element. Strict: definite lengths in
/// their shortest form, tags of one byte. What BER allows beyond that is refused. Source: ITU-T
/// X.690 sections 8 and 10.
#pragma once

#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cstddef>
#include <cstdint>

namespace cryptoperiod::crypto {

/// The tags that key files have.
enum class der_tag : std::uint8_t {
    integer = 0x02,
    bit_string = 0x03,
    octet_string = 0x04,
    null = 0x05,
    object_identifier = 0x06,
    sequence = 0x30,
    context_0 = 0xa0,  ///< [0], explicit
    context_1 = 0xa1,  ///< [1], explicit
};

/// Hands out the elements of some bytes in their order. A view: the bytes must outlive it and what
/// it hands out.
class der_reader {
public:
    explicit der_reader(bytes_view bytes) noexcept : rest_(bytes) {}

    /// The contents of the only element of these bytes. Errors: malformed.
    [[nodiscard]] static result<bytes_view> whole(bytes_view bytes, der_tag tag) {
        der_reader reader(bytes);
        CRYPTOPERIOD_TRY(auto const contents, reader.take(tag));
        if (!reader.ended()) return error{errc::malformed, "bytes follow the last element"};
        return contents;
    }

    /// Whether all was taken.
    [[nodiscard]] bool ended() const noexcept { return rest_.empty(); }

    /// Whether the next element has this tag.
    [[nodiscard]] bool next_is(der_tag tag) const noexcept {
        return !rest_.empty() && rest_.front() == static_cast<std::byte>(tag);
    }

    /// The contents of the next element. Errors: malformed (another tag, cut off, a length that is
    /// not in its shortest form).
    [[nodiscard]] result<bytes_view> take(der_tag tag) {
        if (!next_is(tag)) return error{errc::malformed, "an element is missing, or of other type"};
        rest_ = rest_.subspan(1);
        CRYPTOPERIOD_TRY(auto const length, take_length());
        if (length > rest_.size()) return error{errc::malformed, "an element is cut off"};
        auto const contents = rest_.first(length);
        rest_ = rest_.subspan(length);
        return contents;
    }

    /// The bytes of the next element, a whole number that is not negative, high byte first, without
    /// leading zeros (zero has no bytes). Errors: malformed.
    [[nodiscard]] result<bytes_view> take_unsigned() {
        CRYPTOPERIOD_TRY(auto const contents, take(der_tag::integer));
        constexpr std::byte sign{0x80};
        if (contents.empty() || (contents.front() & sign) != std::byte{0})
            return error{errc::malformed, "a number is empty or negative"};
        if (contents.front() != std::byte{0}) return contents;
        auto const rest = contents.subspan(1);
        if (!rest.empty() && (rest.front() & sign) == std::byte{0})
            return error{errc::malformed, "a number is not in its shortest form"};
        return rest;
    }

    /// Takes a number, which must be `version`, at most 127. Errors: malformed.
    [[nodiscard]] result<void> take_version(unsigned version) {
        CRYPTOPERIOD_TRY(auto const contents, take(der_tag::integer));
        if (contents.size() != 1 || std::to_integer<unsigned>(contents.front()) != version)
            return error{errc::malformed, "it is of another version"};
        return {};
    }

private:
    [[nodiscard]] result<std::size_t> take_length() {
        if (rest_.empty()) return error{errc::malformed, "an element is cut off"};
        auto const first = std::to_integer<std::size_t>(rest_.front());
        rest_ = rest_.subspan(1);
        if (first < 0x80) return first;
        auto const count = first - 0x80;
        if (count == 0)
            return error{errc::malformed, "an element of indefinite length: that is BER, not DER"};
        if (count > 4 || count > rest_.size())
            return error{errc::malformed, "an element is cut off"};
        std::size_t length = 0;
        for (auto const byte : rest_.first(count))
            length = length << 8U | std::to_integer<std::size_t>(byte);
        if (length < 0x80 || length >> (8 * (count - 1)) == 0)
            return error{errc::malformed, "a length is not in its shortest form"};
        rest_ = rest_.subspan(count);
        return length;
    }

    bytes_view rest_;
};

}  // namespace cryptoperiod::crypto
