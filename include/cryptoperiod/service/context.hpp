/// @file context.hpp
/// What the calls of the push service stand on: its ports, its records, its vault, its log.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/credentials/client_secret_rotation.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cryptoperiod/device/client_secret.hpp>
#include <cryptoperiod/iam/access_management.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/service/audit.hpp>
#include <cryptoperiod/service/loaded_instance.hpp>
#include <cryptoperiod/service/token_keeper.hpp>
#include <cryptoperiod/service/usage_desk.hpp>
#include <cryptoperiod/store/retry_on_conflict.hpp>
#include <cryptoperiod/store/sealed_records.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cryptoperiod/vault/vault.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace cryptoperiod::service {

/// What becomes of the settings of an instance whose root key was deleted, which can be restored
/// for kms::restorable_ms.
enum class after_key_deletion : std::uint8_t {
    suspend,  ///< the instance waits for the key
    shred,    ///< its settings are erased at once, for ever
};
/// How many clientSecrets an instance has (client_secret_rotation.hpp).
enum class client_secrets : std::uint8_t {
    single,       ///< as the push service had it
    overlapping,  ///< an extension
};

/// Whether an app that names a set, and signs nothing with it, counts as one that uses it.
enum class unproven_uses : std::uint8_t {
    /// Told apart from the others: whoever has read a key out of an app can present it, as often
    /// and as many devices as he likes, and keep the set from being deleted.
    apart,
    counted,  ///< of a service whose own server sees who connects
};

/// How the service is to be.
struct push_options {
    crypto::secret_array<32> master{};  ///< seals what the service keeps of instances and devices
    /// Of a service id that acts as the instances of imfpush.
    iam::secret_text operator_api_key{secret_bytes()};
    crn default_key{};  ///< protects instances without a root key of their own
    device::client_secret_policy client_secret{};
    client_secrets secrets = client_secrets::single;
    after_key_deletion key_deletion = after_key_deletion::suspend;
    unproven_uses unproven = unproven_uses::apart;
    std::size_t usage_bytes_max = usage_bytes_default;  ///< of uses that are not written yet
    vault::cache_limits cache{};
    audit_callback audit{};
};

/// Who calls, as the log knows it.
struct actor {
    std::string who;
    std::string instance;  ///< applicationId
};
inline constexpr std::string_view the_service = "service";  ///< in the place of an iam_id
[[nodiscard]] inline actor service_at(application_id const& app) {
    return {std::string(the_service), app.str()};
}

template <kms::key_management Kms, iam::access_management Iam, store::store Store,
          clock_source Clock, crypto::production_entropy Entropy>
requires std::same_as<typename Kms::token, iam::access_token> &&
    Kms::ids_are_crns  // kms::key_stores: also one store is put into it
    class context {
public:
    template <class Record>  // constrained there: clang 14 fails on a constraint here
    using records = store::sealed_records<Record, Store, Entropy>;
    using usage_desk_type = usage_desk<records<credentials::set_usage>>;
    using vault_type = vault::vault<Kms, Store, vault::data_key_cache<>, Entropy, Clock>;

    static constexpr std::string_view instance_prefix = "push/instance/";

    context(Kms& kms, Iam const& iam, Store& store, Clock const& clock, push_options options,
            Entropy entropy)
        : kms_(&kms),
          iam_(&iam),
          store_(&store),
          clock_(&clock),
          entropy_(std::move(entropy)),
          options_(std::move(options)),
          has_api_key_(!options_.operator_api_key.expose().empty()),
          hasher_(hasher_of(options_.master)),
          tokens_(iam, clock, std::move(options_.operator_api_key)),
          vault_(kms, store, clock, options_.cache, entropy_),
          instances_(records_of<stored_instance>()),
          usage_(records_of<credentials::set_usage>(), options_.usage_bytes_max) {}

    /// Whether the options are such as a service can begin with. Errors: missing (the master key,
    /// the operator's API key), malformed (the default key), out_of_range (usage_bytes_max).
    [[nodiscard]] result<void> check_options() const {
        auto const master = options_.master.expose();
        if (std::ranges::all_of(master, [](std::byte b) { return b == std::byte{0}; }))
            return error{errc::missing,
                         "push_options: master is not set; give 32 random bytes and keep them"};
        if (!has_api_key_)
            return error{errc::missing,
                         "push_options: operator_api_key is not set; give an API key of a service "
                         "id that acts as the instances of imfpush"};
        if (auto const key = kms::key_id_of(options_.default_key); !key)
            return error{key.error().code,
                         concat("push_options: default_key: ", key.error().detail)};
        if (options_.usage_bytes_max < usage_bytes_min)
            return error{errc::out_of_range, concat("push_options: usage_bytes_max is ",
                                                    thousands(options_.usage_bytes_max), "; give ",
                                                    thousands(usage_bytes_min), " or more")};
        return {};
    }
    context(context const&) = delete;
    context& operator=(context const&) = delete;

    [[nodiscard]] Kms& kms() noexcept { return *kms_; }
    [[nodiscard]] Iam const& iam() const noexcept { return *iam_; }
    [[nodiscard]] Entropy& entropy() noexcept { return entropy_; }
    [[nodiscard]] push_options const& options() const noexcept { return options_; }
    [[nodiscard]] credentials::client_secret_hasher const& hasher() const noexcept {
        return hasher_;
    }
    [[nodiscard]] vault_type& vault() noexcept { return vault_; }
    /// Who uses which credential set or clientSecret. Noting it changes nothing of an instance.
    [[nodiscard]] usage_desk_type& usage() const noexcept { return usage_; }
    [[nodiscard]] time_point now() const { return clock_->now(); }
    [[nodiscard]] std::int64_t now_ms() const { return now().time_since_epoch().count(); }

    /// Records of a kind in the same store, under a key of their own.
    template <store::recordable Record>
    [[nodiscard]] records<Record> records_of() {
        auto const purpose = concat("cryptoperiod/service/records/v1/", Record::schema);
        return records<Record>(*store_,
                               crypto::hkdf<crypto::sha256>::template derive<32>(
                                   options_.master.expose(), {}, bytes_of(purpose)),
                               entropy_);
    }

    // ---- instances ------------------------------------------------------------------------------

    [[nodiscard]] records<stored_instance>& instances() noexcept { return instances_; }
    [[nodiscard]] static std::string place_of(application_id const& app) {
        return concat(instance_prefix, app.str());
    }
    /// What lies in the store now; it is opened when its version is new. Errors:
    /// instance_not_found, those of the store.
    [[nodiscard]] result<loaded_instance> load(application_id const& app) const {
        CRYPTOPERIOD_TRY(auto const found, known(app));
        return *found;
    }
    /// Whether the instance serves: to be asked when the caller was let in, who is told. Errors:
    /// instance_not_found, instance_suspended.
    [[nodiscard]] static result<void> check_serving(loaded_instance const& at) {
        auto machine = at.machine;
        return machine.send(instance::serve{});
    }
    /// Reads, works, writes, and does so again when somebody else was quicker. `work(loaded&,
    /// step_log&)` -> result<void>. The steps are told to the log as acts of `by`. Errors: those of
    /// load, of the work and of the store.
    template <class Work>
    [[nodiscard]] result<loaded_instance> change(application_id const& app, std::string_view by,
                                                 Work const& work) {
        return store::retry_on_conflict([&]() -> result<loaded_instance> {
            CRYPTOPERIOD_TRY(auto found, load(app));
            step_log steps;
            if (auto done = work(found, steps); !done) return std::move(done).error();
            CRYPTOPERIOD_TRY(found.version,
                             instances_.save(place_of(app), found.kept, found.version));
            tell({std::string(by), app.str()}, steps);
            return found;
        });
    }
    /// The same for one event of the table.
    template <class Event>
    [[nodiscard]] result<loaded_instance> send(application_id const& app, std::string_view by,
                                               Event const& event) {
        return change(app, by, [&](loaded_instance& at, step_log& steps) -> result<void> {
            CRYPTOPERIOD_TRY(auto machine, at.kept.machine());
            if (auto done = steps.send(app.str(), machine, event); !done) return done;
            at.kept.keep(machine);
            return {};
        });
    }

    /// Erases all that the vault has of an instance, and tells of each record.
    [[nodiscard]] result<void> shred(loaded_instance const& at) {
        auto const done = vault_.shred(at.name, {}, [&](std::string_view platform) {
            tell(service_at(at.app), erasure("vault_record", platform));
        });
        return done ? result<void>() : result<void>(done.error());
    }

    // ---- tokens of the service ------------------------------------------------------------------

    [[nodiscard]] result<shared_token> operator_token() { return tokens_.of_operator(); }
    [[nodiscard]] result<shared_token> crn_token(crn const& instance, crn const& root_key) {
        return tokens_.of_instance(instance, root_key);
    }
    /// With what key management is asked on behalf of an instance: its CRN token, or, for the
    /// service's own key, the operator token. Errors: unauthorized.
    [[nodiscard]] result<shared_token> token_for(loaded_instance const& at) {
        if (!at.kept.record.own_key) return operator_token();
        CRYPTOPERIOD_TRY(auto const key, parse_crn(at.kept.root_key));
        return crn_token(at.name, key);
    }

    /// What key management says of an instance whose authorization is gone, for its callers: no
    /// credential of theirs would help.
    [[nodiscard]] static error explained(error e) {
        if (e.code != errc::unauthorized) return e;
        return {errc::root_key_unauthorized,
                concat("the instance may not use its root key any more; give the authorization "
                       "(imfpush -> kms, role Reader) back (",
                       e.detail, ")")};
    }

    // ---- the log --------------------------------------------------------------------------------

    void tell(actor const& by, audited_decision decision) const {
        if (options_.audit) options_.audit({now_ms(), by.who, by.instance, std::move(decision)});
    }
    void tell(actor const& by, audited_transition step) const {
        if (options_.audit) options_.audit({now_ms(), by.who, by.instance, std::move(step)});
    }
    void tell(actor const& by, step_log& steps) const {
        for (auto& step : steps.take()) tell(by, std::move(step));
    }

private:
    static constexpr std::size_t known_max = 1024;

    using shared_instance = std::shared_ptr<loaded_instance const>;

    [[nodiscard]] result<shared_instance> known(application_id const& app) const {
        CRYPTOPERIOD_TRY(auto const entry, instances_.read(place_of(app)));
        if (!entry)
            return error{errc::instance_not_found,
                         concat("there is no instance '", app.str(), "'; provision one")};
        {
            std::scoped_lock const lock(known_mutex_);
            if (auto const at = known_.find(app.str());
                at != known_.end() && at->second->version == entry->version)
                return at->second;
        }
        CRYPTOPERIOD_TRY(auto kept, instances_.open(*entry));
        CRYPTOPERIOD_TRY(auto name, kept.crn_of());
        CRYPTOPERIOD_TRY(auto machine, kept.machine());
        auto fresh = std::make_shared<loaded_instance const>(loaded_instance{
            app, std::move(kept), entry->version, std::move(name), std::move(machine)});
        std::scoped_lock const lock(known_mutex_);
        if (known_.size() >= known_max) known_.clear();
        known_.insert_or_assign(app.str(), fresh);
        return fresh;
    }
    [[nodiscard]] static credentials::client_secret_hasher hasher_of(
        crypto::secret_array<32> const& master) {
        auto const pepper = crypto::hkdf<crypto::sha256>::template derive<32>(
            master.expose(), {}, bytes_of("cryptoperiod/service/client-secret-pepper/v1"));
        return *credentials::client_secret_hasher::make(pepper.expose());
    }

    Kms* kms_;
    Iam const* iam_;
    Store* store_;
    Clock const* clock_;
    Entropy entropy_;
    push_options options_;
    bool has_api_key_;
    credentials::client_secret_hasher hasher_;
    token_keeper<Iam, Clock> tokens_;
    vault_type vault_;
    records<stored_instance> instances_;
    mutable usage_desk_type usage_;
    mutable std::mutex known_mutex_;
    mutable std::unordered_map<std::string, shared_instance> known_;
};

}  // namespace cryptoperiod::service
