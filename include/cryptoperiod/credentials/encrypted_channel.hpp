/// @file encrypted_channel.hpp
/// Encrypted channels (private-encrypted-...): the provider carries what it cannot read. The secret
/// of a channel is SHA-256(channel | master key), which the app's server gives to whoever may
/// subscribe; an event is a secretbox. The master key is no part of a credential set and is rotated
/// by changing it: who holds the old secret of a channel then has to ask again. Source:
/// pusher/docs, channels/using_channels/encrypted-channels; pusher-http-go, encryption.go.
#pragma once

#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/credentials/channel_signature.hpp>
#include <cryptoperiod/crypto/digest.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/secretbox.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace cryptoperiod::credentials {

inline constexpr std::size_t master_key_bytes = 32;
inline constexpr std::size_t event_bytes_max = 64 * 1024;
using channel_secret = crypto::secret_array<32>;

/// The data of an event on an encrypted channel, in base64.
struct encrypted_event {
    std::string nonce, ciphertext;
};

/// The secret of a channel, of any name. Errors: malformed (a master key that has not 32 bytes).
[[nodiscard]] inline result<channel_secret> secret_of_channel(std::string_view channel,
                                                              crypto::bytes_view master) {
    CRYPTOPERIOD_TRY(auto const key,
                     crypto::exactly<master_key_bytes>(master, "the encryption master key"));
    channel_secret secret;
    crypto::digest<crypto::sha256>({bytes_of(channel), key}, secret.writable());
    return secret;
}

namespace detail {

/// Errors: those of check_channel, malformed (a channel that is not encrypted).
[[nodiscard]] inline result<void> check_encrypted(std::string_view channel) {
    if (auto good = check_channel(channel); !good) return good;
    if (channel.starts_with("private-encrypted-")) return {};
    return error{errc::malformed, "only channels named private-encrypted-... are encrypted"};
}

}  // namespace detail

/// What is published for `plaintext`. Errors: malformed (the channel, the master key),
/// out_of_range (more than event_bytes_max), those of the entropy.
template <crypto::production_entropy Entropy>
[[nodiscard]] result<encrypted_event> encrypt_event(Entropy&& source, std::string_view channel,
                                                    crypto::bytes_view master,
                                                    std::string_view plaintext) {
    if (auto good = detail::check_encrypted(channel); !good) return std::move(good).error();
    if (plaintext.size() > event_bytes_max)
        return error{errc::out_of_range, "an event has at most 65536 bytes"};
    CRYPTOPERIOD_TRY(auto const key, secret_of_channel(channel, master));
    CRYPTOPERIOD_TRY(auto const nonce,
                     crypto::random_bytes<crypto::secretbox::nonce_bytes>(source));
    return encrypted_event{to_base64(nonce), to_base64(crypto::secretbox::seal(
                                                 key.expose(), nonce, bytes_of(plaintext)))};
}

/// The plaintext of an event. Errors: malformed (the channel, the master key, base64, lengths),
/// out_of_range (too long), authentication_failed (another channel or master key, a change).
[[nodiscard]] inline result<secret_bytes> decrypt_event(std::string_view channel,
                                                        crypto::bytes_view master,
                                                        encrypted_event const& event) {
    if (auto good = detail::check_encrypted(channel); !good) return std::move(good).error();
    if (event.nonce.size() > 32 || event.ciphertext.size() > 4 * (event_bytes_max + 18) / 3)
        return error{errc::out_of_range, "an event has at most 65536 bytes"};
    CRYPTOPERIOD_TRY(auto const nonce_bytes, from_base64(event.nonce));
    CRYPTOPERIOD_TRY(auto const nonce, crypto::exactly<crypto::secretbox::nonce_bytes>(
                                           nonce_bytes, "the nonce of an event"));
    CRYPTOPERIOD_TRY(auto const box, from_base64(event.ciphertext));
    CRYPTOPERIOD_TRY(auto const key, secret_of_channel(channel, master));
    return crypto::secretbox::open(key.expose(), nonce, box);
}

}  // namespace cryptoperiod::credentials
