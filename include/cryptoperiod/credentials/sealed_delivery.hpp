/// @file sealed_delivery.hpp
/// Keys supplied from an app's own server (delivery.hpp, `served`): sealed for one app, answering
/// one request of it, for a time, never older than what the app has. Source: seed "Managing
/// Channels keys in mobile apps" (keys supplied from server); RFC 9180 (HPKE), modes auth and psk.
///
/// A message, numbers big-endian, times in ms since 1970:
///
///     offset  bytes
///     0       4      "CPD1"
///     4       1      policy: 1 HPKE auth, 2 HPKE psk, 3 shared secret
///     5       8      serial, 1 and up
///     13      8      not before
///     21      8      not after: valid before it; later than not before
///     29      16     nonce of the request that it answers
///     45      32     SHA-256 of the channel binding; zeros where there is none
///     77      1      n, the length of the app id, 1 and up
///     78      n      app id
///     78+n    32     HPKE: encapsulated key; shared secret: salt
///     110+n   4      m, the length of what follows, 16 to 6144
///     114+n   m      sealed contents and their tag; associated data: all bytes before
///
/// Contents: number of sets, 1 byte, 1 to 4; each set: length of the key, 1 byte; key; length of
/// the secret, 2 bytes; secret. The first set is to be used, the others are spares. Nothing
/// follows.
///
/// HPKE has info "cryptoperiod delivery 1", DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
/// The shared secret and the salt make a key by HKDF-SHA256 with the same info; it seals one
/// message by AES-256-GCM with a nonce of zeros.
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/delivery.hpp>
#include <cryptoperiod/credentials/key_ring.hpp>
#include <cryptoperiod/crypto/aead.hpp>
#include <cryptoperiod/crypto/digest.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/hpke.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cryptoperiod::credentials {

/// A set as an app gets it.
struct delivered_set {
    std::string key;
    secret_bytes secret;
};

using delivery_nonce = std::array<std::byte, 16>;

inline constexpr std::size_t delivered_sets_max = 4;
inline constexpr std::size_t sealed_contents_max = 6144;
inline constexpr std::size_t app_id_bytes_max = 255;
inline constexpr std::size_t delivery_bytes_max = 114 + app_id_bytes_max + sealed_contents_max;

/// The server has a key pair that the app knows: nobody else can have sealed it.
struct sealed_by_key_pair {
    crypto::hpke::key_pair const* server = nullptr;
    crypto::x25519::public_key app{};
};
struct opened_by_key_pair {
    crypto::hpke::key_pair const* app = nullptr;
    crypto::x25519::public_key server{};
};
/// Server and app share a secret of 32 bytes or more, and the app has a key pair: who learns the
/// secret can forge messages, but not read those of others.
struct sealed_by_psk {
    crypto::hpke::pre_shared_key psk{};
    crypto::x25519::public_key app{};
};
struct opened_by_psk {
    crypto::hpke::pre_shared_key psk{};
    crypto::hpke::key_pair const* app = nullptr;
};
/// Server and app share a secret of 32 bytes or more, and nothing else: who learns it forges and
/// reads all messages, also earlier ones.
struct shared_secret {
    crypto::bytes_view secret{};
};

/// How a server seals, and what an app demands, which are the same way or nothing is opened. Both
/// refer to keys that outlive them.
using sealing_key = std::variant<sealed_by_key_pair, sealed_by_psk, shared_secret>;
using opening_key = std::variant<opened_by_key_pair, opened_by_psk, shared_secret>;

/// What a message says in the clear, authenticated with its contents.
struct delivery_terms {
    std::string_view app;
    std::uint64_t serial = 0;
    time_point not_before{}, not_after{};
    delivery_nonce nonce{};
    /// What ties the message to the connection that brings it, such as a TLS exporter (RFC 9266);
    /// empty: nothing does.
    crypto::bytes_view channel_binding{};
};

/// A message cut into its parts. Views of the message.
struct sealed_delivery_view {
    std::uint8_t policy = 0;
    std::uint64_t serial = 0;
    time_point not_before{}, not_after{};
    crypto::bytes_view nonce, channel;
    std::string_view app;
    crypto::bytes_view encapsulated;
    crypto::bytes_view associated_data;  ///< all before the contents
    crypto::bytes_view contents;         ///< sealed
};

namespace detail {

inline constexpr std::string_view delivery_info = "cryptoperiod delivery 1";
inline constexpr std::string_view delivery_magic = "CPD1";
using binding_hash = std::array<std::byte, 32>;

/// Bytes in order, numbers big-endian.
class byte_writer {
public:
    explicit byte_writer(std::vector<std::byte>& to) : to_(to) {}
    void bytes(crypto::bytes_view part) { to_.insert(to_.end(), part.begin(), part.end()); }
    void number(std::uint64_t value, unsigned size) {
        while (size-- != 0) to_.push_back(static_cast<std::byte>(value >> (8 * size) & 0xffU));
    }

private:
    std::vector<std::byte>& to_;
};
class byte_reader {
public:
    explicit byte_reader(crypto::bytes_view bytes) : rest_(bytes) {}
    /// The next bytes; none, and failed() from then on, when there are fewer.
    [[nodiscard]] crypto::bytes_view bytes(std::size_t size) {
        failed_ = failed_ || size > rest_.size();
        if (failed_) return {};
        auto const part = rest_.first(size);
        rest_ = rest_.subspan(size);
        return part;
    }
    [[nodiscard]] std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        for (auto const byte : bytes(size)) value = value << 8U | std::to_integer<unsigned>(byte);
        return value;
    }
    [[nodiscard]] std::string_view text(std::size_t size) {
        auto const part = bytes(size);
        return {reinterpret_cast<char const*>(part.data()), part.size()};
    }
    [[nodiscard]] bool failed() const noexcept { return failed_; }
    [[nodiscard]] bool ended() const noexcept { return !failed_ && rest_.empty(); }

private:
    crypto::bytes_view rest_;
    bool failed_ = false;
};

[[nodiscard]] inline error not_a_delivery(std::string_view why) {
    return {errc::malformed, concat("not a sealed delivery: ", why)};
}

/// Until the year 10889, so that no sum of two of them overflows.
inline constexpr std::uint64_t delivery_ms_max = std::uint64_t{1} << 48U;

[[nodiscard]] inline bool is_time(std::uint64_t ms) noexcept { return ms <= delivery_ms_max; }
[[nodiscard]] inline time_point time_of(std::uint64_t ms) noexcept {
    return time_point(milliseconds(static_cast<std::int64_t>(ms)));
}
[[nodiscard]] inline std::uint64_t ms_of(time_point t) noexcept {
    return static_cast<std::uint64_t>(t.time_since_epoch().count());
}

[[nodiscard]] inline binding_hash hash_of_binding(crypto::bytes_view binding) {
    if (binding.empty()) return {};
    return crypto::digest<crypto::sha256>({binding});
}

template <class Key>
inline constexpr std::uint8_t delivery_policy = 0;
template <>
inline constexpr std::uint8_t delivery_policy<sealed_by_key_pair> = 1;
template <>
inline constexpr std::uint8_t delivery_policy<opened_by_key_pair> = 1;
template <>
inline constexpr std::uint8_t delivery_policy<sealed_by_psk> = 2;
template <>
inline constexpr std::uint8_t delivery_policy<opened_by_psk> = 2;
template <>
inline constexpr std::uint8_t delivery_policy<shared_secret> = 3;

/// Errors: out_of_range, missing, malformed.
[[nodiscard]] inline result<secret_bytes> write_contents(std::span<delivered_set const> sets) {
    if (sets.empty() || sets.size() > delivered_sets_max)
        return error{errc::out_of_range, "1 to 4 credential sets are delivered at once, not " +
                                             std::to_string(sets.size())};
    std::size_t size = 1;
    for (auto const& set : sets) {
        if (auto good = signing_set::check(set.key, set.secret.size()); !good)
            return std::move(good).error();
        size += 3 + set.key.size() + set.secret.size();
    }
    std::vector<std::byte> bytes;
    bytes.reserve(size);  // so that no copy is left behind unwiped
    byte_writer out(bytes);
    out.number(sets.size(), 1);
    for (auto const& set : sets) {
        out.number(set.key.size(), 1);
        out.bytes(bytes_of(set.key));
        out.number(set.secret.size(), 2);
        out.bytes(set.secret.expose());
    }
    return secret_bytes::take(bytes);
}

/// Errors: malformed, missing, out_of_range.
[[nodiscard]] inline result<std::vector<delivered_set>> read_contents(crypto::bytes_view bytes) {
    byte_reader in(bytes);
    auto const count = in.number(1);
    if (count == 0 || count > delivered_sets_max)
        return not_a_delivery("its contents are not 1 to 4 credential sets");
    std::vector<delivered_set> sets;
    for (std::uint64_t i = 0; i != count; ++i) {
        delivered_set set;
        set.key = in.text(in.number(1));
        set.secret = secret_bytes::copy_of(in.bytes(in.number(2)));
        if (in.failed()) return not_a_delivery("its contents are cut off");
        if (auto good = signing_set::check(set.key, set.secret.size()); !good)
            return std::move(good).error();
        sets.push_back(std::move(set));
    }
    if (!in.ended()) return not_a_delivery("bytes follow its contents");
    return sets;
}

/// Key and cipher of the shared-secret policy. Errors: key_refused.
[[nodiscard]] inline result<crypto::secret_array<32>> key_of_shared_secret(
    shared_secret const& shared, crypto::bytes_view salt) {
    if (shared.secret.size() < crypto::hpke::pre_shared_key_bytes_min)
        return error{errc::key_refused, "a shared secret has 32 bytes of entropy or more, not " +
                                            std::to_string(shared.secret.size())};
    return crypto::hkdf<crypto::sha256>::derive<32>(shared.secret, salt, bytes_of(delivery_info));
}

/// `head` is what lies before the encapsulated key; the whole message is written to it.
template <class Entropy>
class delivery_sealer {
public:
    delivery_sealer(Entropy& source, std::vector<std::byte> head, crypto::bytes_view contents)
        : source_(source), message_(std::move(head)), contents_(contents) {}

    result<std::vector<std::byte>> operator()(sealed_by_key_pair const& by) {
        CRYPTOPERIOD_ASSERT(by.server != nullptr);
        return by_hpke(by.app, {.info = bytes_of(delivery_info), .authenticate_as = by.server});
    }
    result<std::vector<std::byte>> operator()(sealed_by_psk const& by) {
        return by_hpke(by.app, {.info = bytes_of(delivery_info), .psk = by.psk});
    }
    result<std::vector<std::byte>> operator()(shared_secret const& by) {
        CRYPTOPERIOD_TRY(auto const salt, crypto::random_bytes<32>(source_));
        CRYPTOPERIOD_TRY(auto const key, key_of_shared_secret(by, salt));
        put_frame(salt);
        std::vector<std::byte> sealed(contents_.size() + 16);
        crypto::aes_256_gcm cipher(key.expose());
        auto done = cipher.seal(crypto::aes_256_gcm::nonce{}, message_, contents_,
                                std::span(sealed).first(contents_.size()),
                                std::span(sealed).template last<16>());
        if (!done) return std::move(done).error();
        return with(sealed);
    }

private:
    result<std::vector<std::byte>> by_hpke(crypto::x25519::public_key const& app,
                                           crypto::hpke::sender_options const& options) {
        CRYPTOPERIOD_TRY(auto context, crypto::hpke::sender<>::set_up(source_, app, options));
        put_frame(context.encapsulated());
        CRYPTOPERIOD_TRY(auto const sealed, context.seal(message_, contents_));
        return with(sealed);
    }
    void put_frame(crypto::bytes_view encapsulated) {
        byte_writer out(message_);
        out.bytes(encapsulated);
        out.number(contents_.size() + 16, 4);
    }
    std::vector<std::byte> with(crypto::bytes_view sealed) {
        byte_writer(message_).bytes(sealed);
        return std::move(message_);
    }

    Entropy& source_;
    std::vector<std::byte> message_;
    crypto::bytes_view contents_;
};

/// Opens the contents of a message. Errors: authentication_failed, key_refused, missing.
class delivery_opener {
public:
    explicit delivery_opener(sealed_delivery_view const& message) : message_(message) {}

    result<secret_bytes> operator()(opened_by_key_pair const& by) const {
        return by_hpke(by.app, {.info = bytes_of(delivery_info), .sender = by.server});
    }
    result<secret_bytes> operator()(opened_by_psk const& by) const {
        return by_hpke(by.app, {.info = bytes_of(delivery_info), .psk = by.psk});
    }
    result<secret_bytes> operator()(shared_secret const& by) const {
        CRYPTOPERIOD_TRY(auto const key, key_of_shared_secret(by, message_.encapsulated));
        crypto::aes_256_gcm cipher(key.expose());
        auto const size = message_.contents.size() - 16;
        return cipher.open(crypto::aes_256_gcm::nonce{}, message_.associated_data,
                           message_.contents.first(size), message_.contents.last<16>());
    }

private:
    [[nodiscard]] result<secret_bytes> by_hpke(
        crypto::hpke::key_pair const* app, crypto::hpke::recipient_options const& options) const {
        CRYPTOPERIOD_ASSERT(app != nullptr);
        auto context =
            crypto::hpke::recipient<>::set_up(message_.encapsulated.first<32>(), *app, options);
        // A public key of low order is what a forger sends, not a mistake of the app.
        if (!context) return error{errc::authentication_failed, std::move(context).error().detail};
        return context->open(message_.associated_data, message_.contents);
    }

    sealed_delivery_view const& message_;
};

}  // namespace detail

/// The parts of a message. Accepts what seal_delivery writes and nothing else; says nothing of who
/// wrote it. Errors: malformed.
[[nodiscard]] inline result<sealed_delivery_view> parse_delivery(crypto::bytes_view message) {
    using detail::not_a_delivery;
    if (message.size() > delivery_bytes_max) return not_a_delivery("it has more than 6513 bytes");
    detail::byte_reader in(message);
    sealed_delivery_view view;
    if (in.text(4) != detail::delivery_magic) return not_a_delivery("it does not begin with CPD1");
    view.policy = static_cast<std::uint8_t>(in.number(1));
    view.serial = in.number(8);
    auto const not_before = in.number(8), not_after = in.number(8);
    view.nonce = in.bytes(16);
    view.channel = in.bytes(32);
    auto const app_size = in.number(1);
    view.app = in.text(app_size);
    view.encapsulated = in.bytes(32);
    auto const size = in.number(4);
    if (in.failed()) return not_a_delivery("it is cut off");
    if (size < 16 || size > sealed_contents_max)
        return not_a_delivery("its contents have not 16 to 6144 bytes");
    view.associated_data = message.first(114 + app_size);
    view.contents = in.bytes(size);
    if (!in.ended()) return not_a_delivery("its length is another than it says");
    if (view.policy == 0 || view.policy > 3) return not_a_delivery("its policy is unknown");
    if (view.serial == 0) return not_a_delivery("its serial is 0");
    if (app_size == 0) return not_a_delivery("it names no app");
    if (!detail::is_time(not_before) || !detail::is_time(not_after) || not_before >= not_after)
        return not_a_delivery("its validity ends before it begins");
    view.not_before = detail::time_of(not_before);
    view.not_after = detail::time_of(not_after);
    return view;
}

/// The message that answers one request: the server's side. Its serial is kept with the sets, grows
/// whenever they change and never goes back. Errors: malformed, missing, out_of_range (sets or
/// terms that no app accepts), key_refused (a public key of low order, a shared secret below 32
/// bytes), those of the entropy.
template <crypto::production_entropy Entropy>
[[nodiscard]] result<std::vector<std::byte>> seal_delivery(Entropy&& source, sealing_key const& key,
                                                           delivery_terms const& terms,
                                                           std::span<delivered_set const> sets) {
    if (terms.app.empty() || terms.app.size() > app_id_bytes_max)
        return error{errc::out_of_range, "the id of an app has 1 to 255 bytes"};
    if (terms.serial == 0) return error{errc::out_of_range, "serials begin with 1"};
    if (terms.not_before < time_point{} || terms.not_before >= terms.not_after ||
        !detail::is_time(detail::ms_of(terms.not_after)))
        return error{errc::out_of_range, "the validity of a delivery ends before it begins"};
    CRYPTOPERIOD_TRY(auto const contents, detail::write_contents(sets));
    std::vector<std::byte> head;
    detail::byte_writer out(head);
    out.bytes(bytes_of(detail::delivery_magic));
    out.number(std::visit([]<class Key>(Key const&) { return detail::delivery_policy<Key>; }, key),
               1);
    out.number(terms.serial, 8);
    out.number(detail::ms_of(terms.not_before), 8);
    out.number(detail::ms_of(terms.not_after), 8);
    out.bytes(terms.nonce);
    out.bytes(detail::hash_of_binding(terms.channel_binding));
    out.number(terms.app.size(), 1);
    out.bytes(bytes_of(terms.app));
    return std::visit(
        detail::delivery_sealer(source, std::move(head), crypto::bytes_view(contents.expose())),
        key);
}

/// What a receiver remembers: a record of store/record.hpp. An app that loses it asks anew, and
/// takes the next serial whatever it is.
struct delivery_state {
    static constexpr std::string_view schema = "cryptoperiod delivery state";
    static constexpr std::uint32_t schema_version = 1;
    /// Requests that wait for an answer; a further one replaces the oldest.
    static constexpr std::size_t outstanding_max = 8;

    std::uint64_t last_serial = 0;
    std::vector<delivery_nonce> outstanding{};  ///< oldest first

    [[nodiscard]] result<void> validate() const {
        if (outstanding.size() <= outstanding_max) return {};
        return error{errc::malformed, "more than 8 requests are outstanding"};
    }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(last_serial, outstanding);
    }
    friend bool operator==(delivery_state const&, delivery_state const&) = default;
};

/// What an app has been given.
struct opened_delivery {
    std::uint64_t serial = 0;
    time_point not_before{}, not_after{};
    std::vector<delivered_set> sets;
};

/// The app's side. A message is taken when it answers an outstanding request; the request is then
/// settled, so the same message is refused from then on, without a list of all that was ever seen.
class delivery_receiver {
public:
    /// `skew`: by how much the clocks of app and server may differ.
    delivery_receiver(std::string app, opening_key key, delivery_state state = {},
                      milliseconds skew = std::chrono::minutes{5})
        : app_(std::move(app)), key_(std::move(key)), state_(std::move(state)), skew_(skew) {}

    /// The nonce of a new request. Keep state() before it is sent. Errors: those of the entropy.
    template <crypto::production_entropy Entropy>
    [[nodiscard]] result<delivery_nonce> ask(Entropy&& source) {
        CRYPTOPERIOD_TRY(auto const nonce, crypto::random_bytes<16>(source));
        if (state_.outstanding.size() >= delivery_state::outstanding_max)
            state_.outstanding.erase(state_.outstanding.begin());
        state_.outstanding.push_back(nonce);
        return nonce;
    }

    /// What the message brings. `channel_binding` is that of the connection it came over. A refusal
    /// changes nothing. Errors: malformed, delivery_wrong_app, authentication_failed (another key,
    /// policy or a change), delivery_wrong_channel, delivery_replayed, delivery_superseded,
    /// delivery_not_yet_valid, delivery_expired; key_refused (a shared secret below 32 bytes).
    [[nodiscard]] result<opened_delivery> accept(crypto::bytes_view message, time_point now,
                                                 crypto::bytes_view channel_binding = {}) {
        CRYPTOPERIOD_TRY(auto const view, parse_delivery(message));
        CRYPTOPERIOD_TRY(auto const contents, open(view));
        if (auto good = check(view, now, channel_binding); !good) return std::move(good).error();
        CRYPTOPERIOD_TRY(auto sets, detail::read_contents(contents.expose()));
        std::erase_if(state_.outstanding,
                      [&](delivery_nonce const& n) { return std::ranges::equal(n, view.nonce); });
        state_.last_serial = view.serial;
        return opened_delivery{view.serial, view.not_before, view.not_after, std::move(sets)};
    }

    [[nodiscard]] delivery_state const& state() const noexcept { return state_; }

private:
    [[nodiscard]] result<secret_bytes> open(sealed_delivery_view const& view) const {
        // Said before anything is opened: a message for another app is sealed with other keys.
        if (view.app != app_)
            return error{errc::delivery_wrong_app,
                         "the delivery is for another app; ask the server with this app's id"};
        auto const demanded =
            std::visit([]<class Key>(Key const&) { return detail::delivery_policy<Key>; }, key_);
        if (view.policy != demanded)
            return error{errc::authentication_failed,
                         "the delivery is sealed in another way than this app demands"};
        return std::visit(detail::delivery_opener(view), key_);
    }
    // Only of what is genuine.
    [[nodiscard]] result<void> check(sealed_delivery_view const& view, time_point now,
                                     crypto::bytes_view channel_binding) const {
        if (!std::ranges::equal(view.channel, detail::hash_of_binding(channel_binding)))
            return error{errc::delivery_wrong_channel,
                         "the delivery was made for another connection; ask again over this one"};
        if (std::ranges::none_of(state_.outstanding, [&](delivery_nonce const& n) {
                return std::ranges::equal(n, view.nonce);
            }))
            return error{errc::delivery_replayed,
                         "the delivery answers no outstanding request: a replay; ask again"};
        if (view.serial < state_.last_serial)
            return error{errc::delivery_superseded,
                         concat("the delivery has serial ", std::to_string(view.serial),
                                ", older than ", std::to_string(state_.last_serial),
                                "; mend the server, whose keys have gone back")};
        auto const clock = std::clamp(now, time_point{}, detail::time_of(detail::delivery_ms_max));
        if (view.not_before - clock > skew_)
            return error{
                errc::delivery_not_yet_valid,
                concat("the delivery is valid from ", to_iso(view.not_before), "; set this clock")};
        if (clock - view.not_after >= skew_)
            return error{errc::delivery_expired,
                         concat("the delivery was valid until ", to_iso(view.not_after),
                                "; ask again, and set this clock")};
        return {};
    }

    std::string app_;
    opening_key key_;
    delivery_state state_;
    milliseconds skew_;
};

}  // namespace cryptoperiod::credentials
