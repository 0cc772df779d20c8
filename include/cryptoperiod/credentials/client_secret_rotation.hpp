/// @file client_secret_rotation.hpp
/// The clientSecret of an instance, and what changing it means. Two ways, kept apart by name:
///
/// - `single_client_secret`: as the push service had it. One secret, shown once, for as long as the
///   instance lives; changing it means a new instance. Source: seed "Security in push
///   notifications"; no call to rotate it was ever documented.
/// - `overlapping_client_secrets`: an extension that the push service did not have. Several secrets
///   are live at once, each with the life of a credential set. Source: seed "Managing Channels keys
///   in mobile apps", applied to clientSecrets.
///
/// The server keeps a keyed hash of a secret and never the secret:
/// HMAC-SHA256(pepper, "clientSecret" | u32 length of the instance | instance | secret).
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/credential_set.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/mac.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/fsm/snapshot.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::credentials {

/// Longest clientSecret that is looked at, in bytes.
inline constexpr std::size_t client_secret_bytes_max = 256;

using client_secret_digest = std::array<std::byte, 32>;

/// What hashes the secrets of all instances of a server. The pepper is kept apart from the hashes:
/// who reads these alone cannot even try guesses. Calls may come from any thread.
class client_secret_hasher {
public:
    /// Errors: key_refused (a pepper below 32 bytes).
    [[nodiscard]] static result<client_secret_hasher> make(crypto::bytes_view pepper) {
        if (pepper.size() < 32)
            return error{errc::key_refused, "a pepper has 32 bytes of entropy or more, not " +
                                                std::to_string(pepper.size())};
        return client_secret_hasher(pepper);
    }

    /// What is kept of a secret.
    [[nodiscard]] client_secret_digest operator()(std::string_view instance,
                                                  std::string_view secret) const {
        auto const size = size_of(instance);
        return mac().compute({bytes_of(purpose), size, bytes_of(instance), bytes_of(secret)});
    }
    /// Whether `kept` is of this secret, compared in constant time.
    [[nodiscard]] bool matches(client_secret_digest const& kept, std::string_view instance,
                               std::string_view secret) const {
        auto const size = size_of(instance);
        return mac()
            .verify({bytes_of(purpose), size, bytes_of(instance), bytes_of(secret)}, kept)
            .has_value();
    }

private:
    explicit client_secret_hasher(crypto::bytes_view pepper)
        : pepper_(secret_bytes::copy_of(pepper)) {}

    static constexpr std::string_view purpose = "clientSecret";
    [[nodiscard]] static std::array<std::byte, 4> size_of(std::string_view instance) noexcept {
        std::array<std::byte, 4> size{};
        for (unsigned i = 0; i != 4; ++i)
            size[i] = static_cast<std::byte>(instance.size() >> (24 - 8 * i) & 0xffU);
        return size;
    }
    [[nodiscard]] crypto::hmac<crypto::sha256> mac() const {
        return crypto::hmac<crypto::sha256>(pepper_.expose());
    }

    secret_bytes pepper_;
};

/// A new clientSecret: 32 random bytes in base64url, 43 characters. It is shown once. Errors: those
/// of the entropy.
template <crypto::production_entropy Entropy>
[[nodiscard]] result<secret_bytes> new_client_secret(Entropy&& source) {
    CRYPTOPERIOD_TRY(auto const random, crypto::random_secret<32>(source));
    auto text = to_base64url(random.expose());
    return secret_bytes::take(text);
}

namespace detail {

[[nodiscard]] inline std::string_view text_of(secret_bytes const& secret) noexcept {
    auto const bytes = secret.expose();
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline error wrong_client_secret() {
    return {errc::client_secret_wrong,
            "the clientSecret is not one of this instance; take it from its service credentials"};
}
[[nodiscard]] inline result<void> check_presented(std::string_view presented) {
    if (presented.empty())
        return error{errc::missing, "the clientSecret is empty; send it in the header"};
    if (presented.size() > client_secret_bytes_max)
        return error{errc::out_of_range, "a clientSecret has at most 256 bytes"};
    return {};
}

}  // namespace detail

/// The one secret of an instance: a record of store/record.hpp, without the secret.
class single_client_secret {
public:
    static constexpr std::string_view schema = "cryptoperiod client secret";
    static constexpr std::uint32_t schema_version = 1;

    /// That of no instance: nothing is right.
    single_client_secret() = default;

    /// For a new instance; `secret` was made by new_client_secret.
    single_client_secret(client_secret_hasher const& hash, std::string_view instance,
                         secret_bytes const& secret)
        : instance_(instance), digest_(hash(instance, detail::text_of(secret))) {}

    /// Whether `presented` is the secret, compared in constant time. Errors: missing (empty),
    /// out_of_range (longer than client_secret_bytes_max), client_secret_wrong.
    [[nodiscard]] result<void> verify(client_secret_hasher const& hash,
                                      std::string_view presented) const {
        if (auto good = detail::check_presented(presented); !good) return good;
        if (hash.matches(digest_, instance_, presented)) return {};
        return detail::wrong_client_secret();
    }

    /// Refuses. Errors: client_secret_fixed, always.
    [[nodiscard]] result<void> change() const {
        return error{errc::client_secret_fixed,
                     concat("the instance '", instance_,
                            "' has one clientSecret for ever; create another instance and move the "
                            "apps to it")};
    }

    template <class Archive>
    void serialize(Archive& archive) {
        archive(instance_, digest_);
    }
    friend bool operator==(single_client_secret const&, single_client_secret const&) = default;

private:
    friend class overlapping_client_secrets;
    std::string instance_;
    client_secret_digest digest_{};
};

/// What may be known of a clientSecret: everything but the secret.
struct client_secret_description {
    std::uint32_t number = 0;
    std::string state;  ///< of the table `credential_set`
    std::int64_t made_ms = 0;
    std::int64_t last_use_ms = never_ms;
};

/// Several secrets of one instance, which replace one another while both are right: an extension.
/// Each is a credential set by its table: it is staged, active, retiring, deleted; one in use is
/// deleted by force only. A record of store/record.hpp, without the secrets.
class overlapping_client_secrets {
public:
    static constexpr std::string_view schema = "cryptoperiod client secrets";
    static constexpr std::uint32_t schema_version = 1;
    static constexpr std::size_t secrets_max = 4;
    using life = fsm::compact_machine<credential_set>;
    using secret_number = std::uint32_t;

    /// Those of no instance.
    overlapping_client_secrets() = default;
    explicit overlapping_client_secrets(std::string_view instance) : instance_(instance) {}

    /// With the one secret that the instance had, made then, as the first of several: active.
    overlapping_client_secrets(single_client_secret const& first, std::int64_t made_ms)
        : instance_(first.instance_), last_number_(1) {
        secrets_.push_back({1, first.digest_, made_ms, {}});
        static_cast<void>(secrets_.back().machine.send(activate{}));
    }

    /// Adds a secret, staged; its number is not used again. Errors: out_of_range (secrets_max),
    /// inconsistent (a secret that is there already).
    [[nodiscard]] result<secret_number> add(client_secret_hasher const& hash,
                                            secret_bytes const& secret, time_point now) {
        if (secrets_.size() == secrets_max)
            return error{errc::out_of_range,
                         "the instance has 4 clientSecrets; delete one that nobody uses"};
        auto const text = detail::text_of(secret);
        for (auto const& kept : secrets_)
            if (hash.matches(kept.digest, instance_, text))
                return error{errc::inconsistent, "the instance has this clientSecret already"};
        secrets_.push_back(
            {++last_number_, hash(instance_, text), now.time_since_epoch().count(), {}});
        return last_number_;
    }

    /// Runs an event of the table on a secret; one that it deletes is forgotten. Errors:
    /// credential_unknown, those of the table; then nothing has changed.
    template <class Event>
    [[nodiscard]] result<void> send(secret_number number, Event const& event) {
        auto const at = std::ranges::find(secrets_, number, &kept_secret::number);
        if (at == secrets_.end())
            return error{
                errc::credential_unknown,
                concat("the instance has no clientSecret number ", std::to_string(number))};
        if (auto done = at->machine.send(event); !done) return done;
        if (at->machine.template is<deleted>()) secrets_.erase(at);
        return {};
    }

    /// The number of the secret that was presented, whose use is noted. All are compared, in
    /// constant time. Errors: missing, out_of_range, client_secret_wrong (also for one that is
    /// staged, or was deleted).
    [[nodiscard]] result<secret_number> verify(client_secret_hasher const& hash,
                                               std::string_view presented, time_point now) {
        if (auto good = detail::check_presented(presented); !good) return std::move(good).error();
        kept_secret* right = nullptr;
        for (auto& kept : secrets_)
            if (hash.matches(kept.digest, instance_, presented)) right = &kept;
        if (right == nullptr ||
            !right->machine.send(present{now.time_since_epoch().count()}).has_value())
            return detail::wrong_client_secret();
        return right->number;
    }

    /// The life of a secret, or null.
    [[nodiscard]] life const* find(secret_number number) const noexcept {
        auto const at = std::ranges::find(secrets_, number, &kept_secret::number);
        return at == secrets_.end() ? nullptr : &at->machine;
    }
    [[nodiscard]] std::size_t size() const noexcept { return secrets_.size(); }
    /// The secrets, oldest first, with the uses that were noted here.
    [[nodiscard]] std::vector<client_secret_description> list() const {
        std::vector<client_secret_description> all;
        for (auto const& kept : secrets_)
            all.push_back({kept.number, std::string(kept.machine.state_name()), kept.made_ms,
                           kept.machine.context().last_use_ms});
        return all;
    }

    /// Whether stored bytes are secrets. Errors: malformed.
    [[nodiscard]] result<void> validate() const {
        bool const numbered =
            std::ranges::is_sorted(secrets_, std::less_equal{}, &kept_secret::number) &&
            (secrets_.empty() || secrets_.back().number <= last_number_);
        bool const sound = std::ranges::all_of(secrets_, &kept_secret::sound);
        if (secrets_.size() <= secrets_max && numbered && sound) return {};
        return error{
            errc::malformed,
            "more than 4 clientSecrets, not numbered in order, or in no state of the table"};
    }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(instance_, last_number_, secrets_);
    }
    friend bool operator==(overlapping_client_secrets const&,
                           overlapping_client_secrets const&) = default;

private:
    struct kept_secret {
        secret_number number = 0;
        client_secret_digest digest{};
        std::int64_t made_ms = 0;
        life machine{};
        bool sound = true;  // the state that was stored is one of the table

        template <class Archive>
        void serialize(Archive& archive) {
            std::string state(machine.state_name());  // outlives changes of the table
            auto& record = machine.context();
            archive(number, digest, made_ms, state, record.compromised_ms, record.last_use_ms,
                    record.uses, record.devices_left, record.stranded, record.quiet_ms);
            fsm::snapshot const written{.machine = std::string(credential_set::name),
                                        .state = state};
            if (auto const found = fsm::restore<credential_set>(written))
                machine.set_state(found->state);
            else
                sound = false;
        }
        friend bool operator==(kept_secret const&, kept_secret const&) = default;
    };

    std::string instance_;
    secret_number last_number_ = 0;
    std::vector<kept_secret> secrets_;
};

}  // namespace cryptoperiod::credentials
