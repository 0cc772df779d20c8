/// @file channel_signature.hpp
/// What an app's own server signs for its clients: that a socket may subscribe to a channel, or is
/// a user; and the webhooks that the provider signs for the app's server. Source: pusher/docs,
/// channels/library_auth_reference/auth-signatures and server_api/webhooks.
///
///     channel   key:hex(HMAC(secret, socket_id:channel))              private-...
///     presence  key:hex(HMAC(secret, socket_id:channel:channel_data)) presence-...
///     user      key:hex(HMAC(secret, socket_id::user::user_data))
///     webhook   hex(HMAC(secret, body)), by the oldest set
///
/// A socket id has no ':' and a channel has none, so no text of one kind is one of another.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/key_ring.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace cryptoperiod::credentials {

inline constexpr std::size_t channel_bytes_max = 200;
inline constexpr std::size_t user_data_bytes_max = 10 * 1024;
inline constexpr std::size_t webhook_bytes_max = 1024 * 1024;

namespace detail {

/// Errors: malformed.
[[nodiscard]] inline result<void> check_socket_id(std::string_view id) {
    auto const number = [](std::string_view text) {
        return !text.empty() && text.size() <= 20 &&
               std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    };
    auto const point = id.find('.');
    if (point != id.npos && number(id.substr(0, point)) && number(id.substr(point + 1))) return {};
    return error{errc::malformed, "a socket id is two numbers with a point between them"};
}

/// A name of a channel that needs a signature. Errors: malformed, out_of_range.
[[nodiscard]] inline result<void> check_channel(std::string_view channel) {
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-=@,.;").find(c) != std::string_view::npos;
    };
    if (channel.size() > channel_bytes_max)
        return error{errc::out_of_range, "the name of a channel has at most 200 bytes"};
    if (!std::ranges::all_of(channel, allowed))
        return error{errc::malformed, "the name of a channel has letters, digits and _-=@,.; only"};
    if (!channel.starts_with("private-") && !channel.starts_with("presence-"))
        return error{errc::malformed,
                     "only channels named private-... and presence-... are signed"};
    return {};
}

/// Errors: missing, out_of_range.
[[nodiscard]] inline result<void> check_user_data(std::string_view data) {
    if (data.empty())
        return error{errc::missing, "the data of the user is empty; give JSON with an id"};
    if (data.size() > user_data_bytes_max)
        return error{errc::out_of_range, "the data of the user has more than 10240 bytes"};
    return {};
}

/// The text that is signed for a channel. Errors: malformed, missing, out_of_range.
[[nodiscard]] inline result<std::string> channel_text(std::string_view socket_id,
                                                      std::string_view channel,
                                                      std::string_view channel_data) {
    if (auto good = check_socket_id(socket_id); !good) return std::move(good).error();
    if (auto good = check_channel(channel); !good) return std::move(good).error();
    if (!channel.starts_with("presence-")) {
        if (!channel_data.empty())
            return error{errc::malformed, "only presence channels have data of the user"};
        return concat(socket_id, ":", channel);
    }
    if (auto good = check_user_data(channel_data); !good) return std::move(good).error();
    return concat(socket_id, ":", channel, ":", channel_data);
}

/// The same for a user.
[[nodiscard]] inline result<std::string> user_text(std::string_view socket_id,
                                                   std::string_view user_data) {
    if (auto good = check_socket_id(socket_id); !good) return std::move(good).error();
    if (auto good = check_user_data(user_data); !good) return std::move(good).error();
    return concat(socket_id, "::user::", user_data);
}

/// Verifies "key:signature"; the key of the set. Errors: those of verify_channel.
[[nodiscard]] inline result<std::string> verify_auth(key_ring& ring, std::string_view auth,
                                                     std::string_view text, time_point now) {
    auto const colon = auth.find(':');
    if (colon == auth.npos || colon > signing_set::key_bytes_max)
        return error{errc::malformed, "an auth text is key:signature"};
    auto key = std::string(auth.substr(0, colon));
    CRYPTOPERIOD_TRY(auto const* const set, ring.accepted(key));
    if (auto good = set->verify({bytes_of(text)}, auth.substr(colon + 1)); !good)
        return std::move(good).error();
    if (auto noted = ring.send(key, present{now.time_since_epoch().count()}); !noted)
        return std::move(noted).error();
    return key;
}

}  // namespace detail

/// The `auth` text that lets a socket subscribe to a private channel, or, with `channel_data`
/// (JSON, signed and sent byte for byte), to a presence channel. Errors: malformed (a socket id or
/// a channel of another form; data for a channel without), missing (a presence channel without
/// data), out_of_range (too long).
[[nodiscard]] inline result<std::string> sign_channel(signing_set const& set,
                                                      std::string_view socket_id,
                                                      std::string_view channel,
                                                      std::string_view channel_data = {}) {
    CRYPTOPERIOD_TRY(auto const text, detail::channel_text(socket_id, channel, channel_data));
    return concat(set.key(), ":", set.sign({bytes_of(text)}));
}

/// The key of the live set that signed `auth`; which counts as a use of it. Errors: those of
/// sign_channel, credential_unknown, credential_rejected, signature_mismatch.
[[nodiscard]] inline result<std::string> verify_channel(key_ring& ring, std::string_view auth,
                                                        std::string_view socket_id,
                                                        std::string_view channel,
                                                        std::string_view channel_data,
                                                        time_point now) {
    CRYPTOPERIOD_TRY(auto const text, detail::channel_text(socket_id, channel, channel_data));
    return detail::verify_auth(ring, auth, text, now);
}

/// The `auth` text that says who a socket is. Errors: malformed, missing, out_of_range.
[[nodiscard]] inline result<std::string> sign_user(signing_set const& set,
                                                   std::string_view socket_id,
                                                   std::string_view user_data) {
    CRYPTOPERIOD_TRY(auto const text, detail::user_text(socket_id, user_data));
    return concat(set.key(), ":", set.sign({bytes_of(text)}));
}

/// The key of the live set that signed `auth`. Errors: as verify_channel.
[[nodiscard]] inline result<std::string> verify_user(key_ring& ring, std::string_view auth,
                                                     std::string_view socket_id,
                                                     std::string_view user_data, time_point now) {
    CRYPTOPERIOD_TRY(auto const text, detail::user_text(socket_id, user_data));
    return detail::verify_auth(ring, auth, text, now);
}

/// The headers of a webhook.
struct webhook_headers {
    std::string key;        ///< X-Pusher-Key
    std::string signature;  ///< X-Pusher-Signature
};

/// Signs a webhook with the oldest live set. Errors: no_live_credential.
[[nodiscard]] inline result<webhook_headers> sign_webhook(key_ring const& ring,
                                                          std::string_view body) {
    CRYPTOPERIOD_TRY(auto const* const set, ring.oldest());
    return webhook_headers{set->key(), set->sign({bytes_of(body)})};
}

/// Whether a webhook was signed by the set that its header names. A receiver that knows the newest
/// set only refuses what the oldest has signed: it keeps every live one. Errors: malformed,
/// out_of_range (more than webhook_bytes_max), credential_unknown, credential_rejected,
/// signature_mismatch.
[[nodiscard]] inline result<void> verify_webhook(key_ring const& ring, std::string_view key,
                                                 std::string_view signature,
                                                 std::string_view body) {
    if (body.size() > webhook_bytes_max)
        return error{errc::out_of_range, "the webhook has more than 1048576 bytes"};
    CRYPTOPERIOD_TRY(auto const* const set, ring.accepted(key));
    return set->verify({bytes_of(body)}, signature);
}

}  // namespace cryptoperiod::credentials
