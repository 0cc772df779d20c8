/// @file aead.hpp
/// Authenticated encryption: AES-GCM, and ChaCha20-Poly1305 for those who ask for it. The lengths
/// of keys, nonces and tags are types; nothing is decrypted before its tag is right, and what open
/// leaves otherwise is zeros. Objects hold their key, allocate nothing after their first use and
/// belong to one thread. For nonces drawn at random by many writers take xaes_256_gcm (xaes.hpp).
#pragma once

#include <cryptopp/aes.h>
#include <cryptopp/chachapoly.h>
#include <cryptopp/gcm.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cryptoperiod/crypto/detail/block_cipher.hpp>
#include <cryptoperiod/crypto/detail/declassify.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <utility>

namespace cryptoperiod::crypto {

namespace detail {

/// One direction of an authenticated mode of Crypto++. Derived from it because its SetKeyWithIV,
/// the public way to another key, allocates and sets a nonce twice.
template <class Direction>
class authenticated_mode : private Direction {
public:
    authenticated_mode() { fill_tables_of_aes(); }

    void set_key(bytes_view key) {
        this->m_bufferedDataLength = 0;
        this->SetKeyWithoutResync(raw(key), key.size(), CryptoPP::g_nullNameValuePairs);
        this->m_state = Direction::State_KeySet;
    }
    /// Nothing throws for lengths within the bounds below.
    void seal(bytes_view nonce, bytes_view aad, bytes_view plaintext,
              std::span<std::byte> ciphertext, std::span<std::byte, 16> tag) {
        this->Resynchronize(raw(nonce), static_cast<int>(nonce.size()));
        this->Update(raw(aad), aad.size());
        this->ProcessData(raw(ciphertext), raw(plaintext), plaintext.size());
        this->TruncatedFinal(raw(tag), tag.size());
    }
    /// The tag that the message must have. ProcessData would decrypt, too; so its first half is
    /// spelled out here. The cipher is left where the message begins.
    void authenticate(bytes_view nonce, bytes_view aad, bytes_view ciphertext,
                      std::span<std::byte, 16> tag) {
        this->Resynchronize(raw(nonce), static_cast<int>(nonce.size()));
        this->Update(raw(aad), aad.size());
        this->AuthenticateLastHeaderBlock();
        this->m_bufferedDataLength = 0;
        this->m_state = Direction::State_AuthUntransformed;
        if (!ciphertext.empty()) this->AuthenticateData(raw(ciphertext), ciphertext.size());
        this->m_totalMessageLength = ciphertext.size();
        this->TruncatedFinal(raw(tag), tag.size());
    }
    /// What follows authenticate, once the tags are equal.
    void decrypt(bytes_view ciphertext, std::span<std::byte> plaintext) {
        if (ciphertext.empty()) return;
        this->AccessSymmetricCipher().ProcessData(raw(plaintext), raw(ciphertext),
                                                  ciphertext.size());
    }
};

/// GCM over AES: the hash and the block cipher of Crypto++, joined here. Its own joints (a stream
/// cipher that is set up, sought and buffered for each message) cost as much as 300 bytes.
template <class Cipher, CryptoPP::GCM_TablesOption Tables, bool Seals>
class authenticated_mode<CryptoPP::GCM_Final<Cipher, Tables, Seals>> : private CryptoPP::GCM_Base {
public:
    authenticated_mode() { fill_tables_of_aes(); }

    void set_key(bytes_view key) {
        this->SetKeyWithoutResync(raw(key), key.size(), CryptoPP::g_nullNameValuePairs);
    }
    void seal(bytes_view nonce, bytes_view aad, bytes_view plaintext,
              std::span<std::byte> ciphertext, std::span<std::byte, 16> tag) {
        set_counter(nonce);
        encrypt_block_of_counter(tag);
        add_keystream(plaintext, ciphertext);
        add_hash(aad, ciphertext, tag, hash_is_reversed());
    }
    /// The tag that the message must have. The counter is left where the message begins.
    void authenticate(bytes_view nonce, bytes_view aad, bytes_view ciphertext,
                      std::span<std::byte, 16> tag) {
        set_counter(nonce);
        encrypt_block_of_counter(tag);
        add_hash(aad, ciphertext, tag, hash_is_reversed());
    }
    /// What follows authenticate, once the tags are equal.
    void decrypt(bytes_view ciphertext, std::span<std::byte> plaintext) {
        add_keystream(ciphertext, plaintext);
    }

private:
    void set_counter(bytes_view nonce) noexcept {
        std::memcpy(counter_.data(), nonce.data(), 12);
        count_ = 1;
    }
    void encrypt_block_of_counter(std::span<std::byte, 16> block) {
        store_count();
        cipher_.ProcessBlock(raw(std::span(counter_)), raw(block));
        ++count_;
    }
    void store_count() noexcept {
        for (std::size_t i = 0; i != 4; ++i)
            counter_[12 + i] = static_cast<std::byte>(count_ >> (24 - 8 * i) & 0xffU);
    }
    void add_keystream(bytes_view input, std::span<std::byte> output) {
        while (input.size() >= aes_block_bytes) {
            // The block cipher counts in the last byte only.
            auto const blocks =
                std::min<std::size_t>(input.size() / aes_block_bytes, 256 - count_ % 256);
            store_count();
            cipher_.AdvancedProcessBlocks(raw(std::span(counter_)), raw(input), raw(output),
                                          blocks * aes_block_bytes,
                                          CryptoPP::BlockTransformation::BT_InBlockIsCounter |
                                              CryptoPP::BlockTransformation::BT_AllowParallel);
            count_ += static_cast<std::uint32_t>(blocks);
            input = input.subspan(blocks * aes_block_bytes);
            output = output.subspan(blocks * aes_block_bytes);
        }
        if (input.empty()) return;
        secret_array<aes_block_bytes> keystream;
        encrypt_block_of_counter(keystream.writable());
        for (std::size_t i = 0; i != input.size(); ++i)
            output[i] = input[i] ^ keystream.expose()[i];
    }
    // GHASH of both, added to `tag`. NIST SP 800-38D section 6.4.
    void add_hash(bytes_view aad, bytes_view ciphertext, std::span<std::byte, 16> tag,
                  bool reversed) {
        std::memset(this->HashBuffer(), 0, tag.size());
        this->m_totalHeaderLength = aad.size();
        this->m_totalMessageLength = ciphertext.size();
        this->m_bufferedDataLength = 0;
        if (!aad.empty()) this->AuthenticateData(raw(aad), aad.size());
        this->AuthenticateLastHeaderBlock();
        if (!ciphertext.empty()) this->AuthenticateData(raw(ciphertext), ciphertext.size());
        this->AuthenticateLastConfidentialBlock();
        auto const* const hash = this->HashBuffer();
        for (std::size_t i = 0; i != tag.size(); ++i)
            tag[i] ^= static_cast<std::byte>(hash[reversed ? tag.size() - 1 - i : i]);
    }
    // Where it multiplies with the processor's own instruction, Crypto++ keeps the hash back to
    // front, and does not say so. A first message tells; it must have one of the two tags.
    [[nodiscard]] static bool hash_is_reversed() {
        static bool const reversed = [] {
            std::array<std::byte, 32> const zeros{};
            std::array<std::byte, 16> right, forwards, backwards;
            typename CryptoPP::GCM<Cipher, Tables>::Encryption whole;
            whole.SetKeyWithIV(raw(std::span(zeros)), 32, raw(std::span(zeros)), 12);
            whole.Update(raw(std::span(zeros)), 1);
            whole.TruncatedFinal(raw(std::span(right)), right.size());
            authenticated_mode mode;
            mode.set_key(zeros);
            for (auto* const tag : {&forwards, &backwards}) {
                mode.set_counter(zeros);
                mode.encrypt_block_of_counter(*tag);
                mode.add_hash(std::span(zeros).first(1), {}, *tag, tag == &backwards);
            }
            CRYPTOPERIOD_ASSERT(forwards == right || backwards == right);
            return backwards == right;
        }();
        return reversed;
    }

    bool IsForwardTransformation() const override { return Seals; }
    CryptoPP::GCM_TablesOption GetTablesOption() const override { return Tables; }
    CryptoPP::BlockCipher& AccessBlockCipher() override { return cipher_; }

    typename Cipher::Encryption cipher_;  // GCM encrypts counters in both directions
    std::array<std::byte, aes_block_bytes> counter_{};
    std::uint32_t count_ = 0;
};

/// A direction that is made and keyed when it is first needed: few objects need both.
template <class Direction>
class lazy_mode {
public:
    void forget_key() noexcept { keyed_ = false; }
    void clear() noexcept { mode_.reset(), keyed_ = false; }  // Crypto++ wipes what it frees
    [[nodiscard]] authenticated_mode<Direction>& with(bytes_view key) {
        if (!mode_) mode_.emplace();
        if (!keyed_) mode_->set_key(key);
        keyed_ = true;
        return *mode_;
    }

private:
    std::optional<authenticated_mode<Direction>> mode_;
    bool keyed_ = false;
};

/// Whether the bytes have none in common.
[[nodiscard]] inline bool are_apart(bytes_view a, bytes_view b) noexcept {
    std::less_equal<std::byte const*> const before;
    return a.empty() || b.empty() || before(a.data() + a.size(), b.data()) ||
           before(b.data() + b.size(), a.data());
}
/// Whether the bytes are the very same or have none in common: all that a cipher can work on.
[[nodiscard]] inline bool same_or_apart(bytes_view a, bytes_view b) noexcept {
    return a.data() == b.data() || are_apart(a, b);
}

/// What an AEAD is made of: a mode of Crypto++, its lengths in bytes, the longest message.
template <class Mode, std::size_t KeyBytes, std::size_t NonceBytes, std::uint64_t MessageBytesMax>
struct aead_parameters {
    using mode = Mode;
    static constexpr std::size_t key_bytes = KeyBytes;
    static constexpr std::size_t nonce_bytes = NonceBytes;
    static constexpr std::uint64_t message_bytes_max = MessageBytesMax;
};

[[nodiscard]] inline error too_long(std::uint64_t size, std::uint64_t limit) {
    return {errc::out_of_range, "a message of " + std::to_string(size) +
                                    " bytes; one nonce serves for at most " +
                                    std::to_string(limit) + ": cut it into records"};
}
[[nodiscard]] inline error same_nonce_again() {
    return {errc::nonce_reused,
            "the nonce is that of the last message under this key, which would give both away; "
            "draw another one"};
}
[[nodiscard]] inline error not_of_this_key() {
    return {errc::authentication_failed,
            "the bytes were not sealed with this key, nonce and associated data"};
}

}  // namespace detail

/// An authenticated cipher with its key.
template <class Parameters>
class aead_cipher {
public:
    static constexpr std::size_t key_bytes = Parameters::key_bytes;
    static constexpr std::size_t nonce_bytes = Parameters::nonce_bytes;
    static constexpr std::size_t tag_bytes = 16;
    /// The longest message under one nonce.
    static constexpr std::uint64_t message_bytes_max = Parameters::message_bytes_max;
    /// How many random nonces one key may have: 2^32 of 12 bytes (NIST SP 800-38D section 8.3);
    /// nobody counts to the bound of 24 bytes.
    static constexpr std::uint64_t random_nonces_max =
        nonce_bytes < 24 ? std::uint64_t{1} << 32U : UINT64_MAX;

    using key_view = std::span<std::byte const, key_bytes>;
    using nonce = std::array<std::byte, nonce_bytes>;
    using nonce_view = std::span<std::byte const, nonce_bytes>;
    using tag = std::array<std::byte, tag_bytes>;
    using tag_view = std::span<std::byte const, tag_bytes>;

    /// No key yet: rekey before anything else.
    aead_cipher() = default;
    explicit aead_cipher(key_view key) { rekey(key); }

    aead_cipher(aead_cipher const&) = delete;
    aead_cipher& operator=(aead_cipher const&) = delete;

    /// Another key, in the place of the last one; what is counted per key starts anew.
    void rekey(key_view key) noexcept {
        std::ranges::copy(key, key_.writable().begin());
        has_key_ = true;
        has_sealed_ = false;
        random_nonces_ = 0;
        sealing_.forget_key();
        opening_.forget_key();
    }

    /// Wipes the key and gives the memory back.
    void clear() noexcept {
        key_ = {};
        has_key_ = false;
        sealing_.clear();
        opening_.clear();
    }

    /// Encrypts `plaintext` to `ciphertext` (as long; the same bytes or apart; apart from `aad`)
    /// and writes the tag. No two messages under one key may have one nonce: this object remembers
    /// the last one, and that is all it knows. Errors: nonce_reused (it is the last one),
    /// out_of_range (longer than message_bytes_max). Source: NIST SP 800-38D, RFC 8439.
    [[nodiscard]] result<void> seal(nonce_view once, bytes_view aad, bytes_view plaintext,
                                    std::span<std::byte> ciphertext,
                                    std::span<std::byte, tag_bytes> tag_out) {
        CRYPTOPERIOD_ASSERT(has_key_);
        CRYPTOPERIOD_ASSERT(ciphertext.size() == plaintext.size());
        CRYPTOPERIOD_ASSERT(detail::same_or_apart(plaintext, ciphertext));
        CRYPTOPERIOD_ASSERT(detail::are_apart(aad, ciphertext));
        if (plaintext.size() > message_bytes_max)
            return detail::too_long(plaintext.size(), message_bytes_max);
        if (has_sealed_ && std::ranges::equal(once, last_nonce_)) return detail::same_nonce_again();
        sealing_.with(key_.expose()).seal(once, aad, plaintext, ciphertext, tag_out);
        std::ranges::copy(once, last_nonce_.begin());
        has_sealed_ = true;
        return {};
    }

    /// The same with a nonce drawn from `source`, which is written to `nonce_out`. Errors: those of
    /// seal and of the entropy; limit_reached after random_nonces_max messages under this key,
    /// which this object counts for itself only.
    template <production_entropy Entropy>
    [[nodiscard]] result<void> seal_with_random_nonce(Entropy&& source, bytes_view aad,
                                                      bytes_view plaintext,
                                                      std::span<std::byte> ciphertext,
                                                      std::span<std::byte, nonce_bytes> nonce_out,
                                                      std::span<std::byte, tag_bytes> tag_out) {
        if (random_nonces_ >= random_nonces_max)
            return error{errc::limit_reached,
                         "the key has had 2^32 random nonces, after which two may be equal; take "
                         "another key"};
        if (auto drawn = source.fill(nonce_out); !drawn) return drawn;
        ++random_nonces_;
        return seal(nonce_out, aad, plaintext, ciphertext, tag_out);
    }

    /// Decrypts `ciphertext` to `plaintext` (as long; the same bytes or apart), which is zeros
    /// after an error. Errors: authentication_failed (another key, nonce, associated data,
    /// ciphertext or tag: nobody can tell which), out_of_range (longer than message_bytes_max).
    [[nodiscard]] result<void> open(nonce_view once, bytes_view aad, bytes_view ciphertext,
                                    tag_view tag_in, std::span<std::byte> plaintext) {
        auto opened = open_or_leave(once, aad, ciphertext, tag_in, plaintext);
        if (!opened) wipe(plaintext);
        return opened;
    }

    /// As open, but `plaintext` stays as it was after an error: nothing is decrypted before the tag
    /// is known to be right.
    [[nodiscard]] result<void> open_or_leave(nonce_view once, bytes_view aad, bytes_view ciphertext,
                                             tag_view tag_in, std::span<std::byte> plaintext) {
        CRYPTOPERIOD_ASSERT(has_key_);
        CRYPTOPERIOD_ASSERT(ciphertext.size() == plaintext.size());
        CRYPTOPERIOD_ASSERT(detail::same_or_apart(ciphertext, plaintext));
        if (ciphertext.size() > message_bytes_max)
            return detail::too_long(ciphertext.size(), message_bytes_max);
        auto& mode = opening_.with(key_.expose());
        tag expected;
        mode.authenticate(once, aad, ciphertext, expected);
        bool const equal = detail::known_to_be_equal(expected, tag_in);
        wipe(expected);
        if (!equal) return detail::not_of_this_key();
        mode.decrypt(ciphertext, plaintext);
        return {};
    }

    /// The same into memory of its own.
    [[nodiscard]] result<secret_bytes> open(nonce_view once, bytes_view aad, bytes_view ciphertext,
                                            tag_view tag_in) {
        result<void> opened;
        auto plaintext = secret_bytes::make(ciphertext.size(), [&](std::span<std::byte> bytes) {
            opened = open(once, aad, ciphertext, tag_in, bytes);
        });
        if (!opened) return std::move(opened).error();
        return plaintext;
    }

    /// Continues to count random nonces where another object with the same key has stopped.
    void count_random_nonces_from(std::uint64_t used) noexcept { random_nonces_ = used; }

private:
    static void wipe(std::span<std::byte> bytes) noexcept { cryptoperiod::wipe(bytes); }

    secret_array<key_bytes> key_;
    detail::lazy_mode<typename Parameters::mode::Encryption> sealing_;
    detail::lazy_mode<typename Parameters::mode::Decryption> opening_;
    nonce last_nonce_{};
    std::uint64_t random_nonces_ = 0;
    bool has_key_ = false;
    bool has_sealed_ = false;
};

/// AES-GCM with nonces of 12 bytes and tags of 16 (NIST SP 800-38D), and no others: Crypto++ gets
/// long nonces wrong and takes tags of no length at all.
template <std::size_t KeyBytes>
requires detail::aes_key_size<KeyBytes>
using aes_gcm = aead_cipher<detail::aead_parameters<CryptoPP::GCM<CryptoPP::AES>, KeyBytes, 12,
                                                    (std::uint64_t{1} << 36U) - 32>>;
using aes_128_gcm = aes_gcm<16>;
using aes_192_gcm = aes_gcm<24>;
/// The default of this library.
using aes_256_gcm = aes_gcm<32>;

/// ChaCha20-Poly1305 (RFC 8439), for peers that have nothing else: five times slower than GCM here.
using chacha20_poly1305 =
    aead_cipher<detail::aead_parameters<CryptoPP::ChaCha20Poly1305, 32, 12,
                                        ((std::uint64_t{1} << 32U) - 1) * 64>>;

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): the same with nonces of 24 bytes.
using xchacha20_poly1305 =
    aead_cipher<detail::aead_parameters<CryptoPP::XChaCha20Poly1305, 32, 24,
                                        ((std::uint64_t{1} << 32U) - 1) * 64>>;

/// An authenticated cipher of this room.
template <class A>
concept aead = std::default_initializable<A> && std::constructible_from<A, typename A::key_view> &&
    requires(A cipher, typename A::key_view key, typename A::nonce_view once, bytes_view in,
             std::span<std::byte> out, std::span<std::byte, A::tag_bytes> tag) {
    cipher.rekey(key);
    cipher.clear();
    { cipher.seal(once, in, in, out, tag) } -> std::same_as<result<void>>;
    { cipher.open(once, in, in, tag, out) } -> std::same_as<result<void>>;
    { cipher.open(once, in, in, tag) } -> std::same_as<result<secret_bytes>>;
};

namespace detail {
template <aead Aead>
[[nodiscard]] Aead& context_of_this_thread() {
    thread_local Aead context;
    return context;
}
}  // namespace detail

/// Seals one message under a key that nobody else uses, such as the key of one record: in the
/// thread's own context, which is kept and allocates nothing. The context holds the key until the
/// next one, or until forget_key_of_this_thread. Errors: as Aead::seal.
template <aead Aead>
[[nodiscard]] result<void> seal_once(typename Aead::key_view key, typename Aead::nonce_view once,
                                     bytes_view aad, bytes_view plaintext,
                                     std::span<std::byte> ciphertext,
                                     std::span<std::byte, Aead::tag_bytes> tag) {
    auto& context = detail::context_of_this_thread<Aead>();
    context.rekey(key);
    return context.seal(once, aad, plaintext, ciphertext, tag);
}

/// Opens one message in the thread's own context; see seal_once. Errors: as Aead::open.
template <aead Aead>
[[nodiscard]] result<void> open_once(typename Aead::key_view key, typename Aead::nonce_view once,
                                     bytes_view aad, bytes_view ciphertext,
                                     typename Aead::tag_view tag, std::span<std::byte> plaintext) {
    auto& context = detail::context_of_this_thread<Aead>();
    context.rekey(key);
    return context.open(once, aad, ciphertext, tag, plaintext);
}

/// Wipes the key that seal_once and open_once of this thread have used last.
template <aead Aead>
void forget_key_of_this_thread() noexcept {
    detail::context_of_this_thread<Aead>().clear();
}

}  // namespace cryptoperiod::crypto
