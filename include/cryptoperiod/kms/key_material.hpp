/// @file key_material.hpp
/// Where the material of keys lives and who computes with it: all in which one key-management
/// service differs from another. `local_kms` keeps it in its books, `adapters/pkcs11_kms.hpp` in a
/// token that never gives it away.
#pragma once

#include <concepts>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cryptoperiod::kms {

/// Key material. A `note` is what the books keep of one version, sealed: the material itself, or
/// where it lies. `notes` are those of the versions 1, 2, ... of one key; the last one wraps.
///
///     make(key, version)                    -> result<secret_bytes>, the note of 256 random bits
///     take(key, version, material)          -> result<secret_bytes>, the same of what is given
///     wrap(key, notes, plaintext, aad)      -> result<wrapped_key>
///     unwrap(key, notes, ciphertext, aad)   -> result<unwrapped_key>, never `rewrapped`
///     rewrap(key, notes, ciphertext, aad)   -> result<rewrapped_key>
///     destroy(key, note)                    -> result<void>; what is gone already is well
///
/// `kind` is bound to the books: those of one kind of material do not open for another.
///
/// A version that was made and never reached the books is given to destroy. Calls may come from
/// any thread. Errors: ciphertext_refused (not of these versions, altered, other associated data),
/// kms_unavailable, unauthorized, key_not_found (the material is gone), entropy_unavailable.
template <class M>
concept key_material = requires(M& material, key_id const& key, std::uint32_t version,
                                secret_bytes const& given, std::span<secret_bytes const> notes,
                                std::span<std::byte const> bytes) {
    { material.make(key, version) } -> std::same_as<result<secret_bytes>>;
    { material.take(key, version, given) } -> std::same_as<result<secret_bytes>>;
    { material.wrap(key, notes, bytes, bytes) } -> std::same_as<result<wrapped_key>>;
    { material.unwrap(key, notes, bytes, bytes) } -> std::same_as<result<unwrapped_key>>;
    { material.rewrap(key, notes, bytes, bytes) } -> std::same_as<result<rewrapped_key>>;
    { material.destroy(key, given) } -> std::same_as<result<void>>;
    { M::kind } -> std::convertible_to<std::string_view>;
};

namespace detail {

inline void put_u32(std::uint32_t number, std::span<std::byte, 4> to) noexcept {
    for (unsigned i = 0; i < 4; ++i) to[i] = static_cast<std::byte>(number >> (24 - 8 * i) & 0xffU);
}
[[nodiscard]] inline std::uint32_t u32_of(std::span<std::byte const, 4> bytes) noexcept {
    std::uint32_t number = 0;
    for (auto const b : bytes) number = number << 8U | std::to_integer<std::uint32_t>(b);
    return number;
}
/// One refusal for all that can be wrong with a wrapped key: which it was is nobody's business.
[[nodiscard]] inline error wrapped_key_refused() {
    return {errc::ciphertext_refused,
            "the wrapped key is not of this key, was altered, or has other associated data"};
}

}  // namespace detail
}  // namespace cryptoperiod::kms
