/// @file block_cipher.hpp
/// AES as a bare permutation, for what Crypto++ 8.7 does not have: key wrap, XAES, the generator.
#pragma once

#include <cryptopp/aes.h>

#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cstddef>
#include <span>

namespace cryptoperiod::crypto::detail {

/// Bytes as Crypto++ spells them.
template <std::size_t Extent>
[[nodiscard]] CryptoPP::byte const* raw(std::span<std::byte const, Extent> bytes) noexcept {
    return reinterpret_cast<CryptoPP::byte const*>(bytes.data());
}
template <std::size_t Extent>
[[nodiscard]] CryptoPP::byte* raw(std::span<std::byte, Extent> bytes) noexcept {
    return reinterpret_cast<CryptoPP::byte*>(bytes.data());
}

/// Where the processor has no AES instructions, Crypto++ fills its tables at the first key without
/// a lock; so the first key is set here, once, before any thread sets one of its own.
inline void fill_tables_of_aes() {
    static bool const filled = [] {
        CryptoPP::byte const zeros[32]{};
        CryptoPP::AES::Encryption const encryption(zeros, sizeof zeros);
        CryptoPP::AES::Decryption const decryption(zeros, sizeof zeros);
        return true;
    }();
    static_cast<void>(filled);
}

inline constexpr std::size_t aes_block_bytes = 16;

template <std::size_t Size>
concept aes_key_size = Size == 16 || Size == 24 || Size == 32;

/// One direction of AES: CryptoPP::AES::Encryption or ::Decryption.
template <class Direction>
class aes {
public:
    aes() { fill_tables_of_aes(); }

    /// A key of 16, 24 or 32 bytes, in the place of the last one.
    void set_key(bytes_view key) { cipher_.SetKey(raw(key), key.size()); }

    /// One block of 16 bytes, in its place.
    void process(std::span<std::byte, aes_block_bytes> block) const {
        cipher_.ProcessBlock(raw(block));
    }

    /// Several independent blocks, in their places, as many at a time as the processor takes.
    void process_all(std::span<std::byte> blocks) const {
        cipher_.AdvancedProcessBlocks(raw(blocks), nullptr, raw(blocks), blocks.size(),
                                      CryptoPP::BlockTransformation::BT_AllowParallel);
    }

private:
    Direction cipher_;
};

using aes_encryption = aes<CryptoPP::AES::Encryption>;
using aes_decryption = aes<CryptoPP::AES::Decryption>;

/// Multiplication by x in GF(2^128), which makes the subkeys of CMAC (NIST SP 800-38B section 6.1):
/// without a branch on the bits.
inline void double_in_field(std::span<std::byte const, aes_block_bytes> from,
                            std::span<std::byte, aes_block_bytes> to) noexcept {
    unsigned carry = 0;
    for (std::size_t i = aes_block_bytes; i-- > 0;) {
        unsigned const bits = std::to_integer<unsigned>(from[i]) << 1U | carry;
        to[i] = static_cast<std::byte>(bits & 0xffU);
        carry = bits >> 8U;
    }
    to[aes_block_bytes - 1] ^= static_cast<std::byte>(0x87U * carry);
}

}  // namespace cryptoperiod::crypto::detail
