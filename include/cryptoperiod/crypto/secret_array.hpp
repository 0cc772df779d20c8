/// @file secret_array.hpp
/// Secret bytes whose number is known while compiling: keys, seeds, shared secrets. As
/// `secret_bytes` (core/secret.hpp), but without memory of its own to ask for.
#pragma once

#include <array>
#include <cryptoperiod/core/secret.hpp>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace cryptoperiod::crypto {

/// `Size` secret bytes. They are wiped at destruction, when moved from and before another value is
/// assigned. Copying is spelled clone(). There is no operator<<, no operator==, no conversion.
template <std::size_t Size>
class secret_array {
public:
    static constexpr std::size_t bytes = Size;

    /// Zeros.
    secret_array() noexcept = default;

    /// A copy of `source`, which stays as it is.
    [[nodiscard]] static secret_array copy_of(std::span<std::byte const, Size> source) noexcept {
        secret_array secret;
        std::memcpy(secret.bytes_.data(), source.data(), Size);
        return secret;
    }

    /// A copy of `source`, which is wiped.
    [[nodiscard]] static secret_array take(std::span<std::byte, Size> source) noexcept {
        secret_array secret = copy_of(source);
        wipe(source);
        return secret;
    }

    secret_array(secret_array const&) = delete;
    secret_array& operator=(secret_array const&) = delete;

    secret_array(secret_array&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }

    secret_array& operator=(secret_array&& other) noexcept {
        if (this == &other) return *this;
        bytes_ = other.bytes_;
        wipe(other.bytes_);
        return *this;
    }

    ~secret_array() { wipe(bytes_); }

    /// The bytes in the clear, for as long as this object lives.
    [[nodiscard]] std::span<std::byte const, Size> expose() const& noexcept { return bytes_; }
    void expose() const&& = delete;  // the view would outlive the bytes

    /// The bytes, to be written: how a generator or a derivation fills a secret without a copy.
    [[nodiscard]] std::span<std::byte, Size> writable() & noexcept { return bytes_; }

    /// A second, independent copy.
    [[nodiscard]] secret_array clone() const noexcept { return copy_of(bytes_); }

private:
    static void wipe(std::span<std::byte> of) noexcept { cryptoperiod::wipe(of); }

    std::array<std::byte, Size> bytes_{};
};

/// Secrets are compared by equal_in_constant_time; == would not say which way it compares.
template <std::size_t Size>
bool operator==(secret_array<Size> const&, secret_array<Size> const&) = delete;

/// Whether two secrets are equal; the time does not depend on the bytes.
template <std::size_t Size>
[[nodiscard]] bool equal_in_constant_time(secret_array<Size> const& a,
                                          secret_array<Size> const& b) noexcept {
    return cryptoperiod::equal_in_constant_time(a.expose(), b.expose());
}

}  // namespace cryptoperiod::crypto
