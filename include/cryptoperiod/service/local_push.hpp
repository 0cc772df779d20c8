/// @file local_push.hpp
/// A whole push service within one process and one store: IAM with its policies, the service's own
/// key store, key stores of customers, and the push service above them. A service whose IAM or key
/// management is somewhere else puts push_service together itself.
///
///     auto all = service::local_push<memory_store>::open(store, master, clock);
///     auto& push = (*all)->push();
#pragma once

#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cryptoperiod/iam/access_management.hpp>
#include <cryptoperiod/iam/policy.hpp>
#include <cryptoperiod/iam/policy_forms.hpp>
#include <cryptoperiod/kms/access_control.hpp>
#include <cryptoperiod/kms/iam_access.hpp>
#include <cryptoperiod/kms/key_stores.hpp>
#include <cryptoperiod/kms/local_kms.hpp>
#include <cryptoperiod/service/push_service.hpp>
#include <cryptoperiod/store/retry_on_conflict.hpp>
#include <cryptoperiod/store/sealed_records.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::service {

/// What the service makes for itself at its first start. It is on record before it is there: what
/// a crash has cut off is finished by the next start.
struct stored_beginning {
    static constexpr std::string_view schema = "cryptoperiod push beginning";
    static constexpr std::uint32_t schema_version = 1;

    secret_bytes api_key;     ///< of the operator
    std::string default_key;  ///< id in the service's own key store; empty: not made yet

    template <class Archive>
    void serialize(Archive& archive) {
        archive(api_key, default_key);
    }
    [[nodiscard]] result<void> validate() const {
        if (api_key.size() == 0) return error{errc::missing, "it lacks the API key"};
        return {};
    }
};

template <store::store Store, clock_source Clock = system_clock_source>
class local_push {
    struct passkey {};

public:
    using policies_type = iam::stored_policies<Store>;
    using iam_type = iam::local_iam<Store, policies_type, Clock>;
    using kms_type =
        kms::local_kms<Store, kms::iam_access<policies_type, Clock>, crypto::os_entropy, Clock>;
    using push_type = push_service<kms::key_stores<kms_type>, iam_type, Store, Clock>;

    static constexpr std::string_view default_own_keys =
        "crn:v1:bluemix:public:kms:us-south:a/push:own-keys::";

    /// Opens what lies in the store, or begins: an API key of the operator, its role Reader on the
    /// own key store, the default key. Store and clock are somebody else's and must outlive the
    /// service. From `master` all keys are derived that seal. Of the options, `master`,
    /// `operator_api_key` and `default_key` are filled in. `own_keys`: CRN of the service's own key
    /// store. Errors: malformed (own_keys), those of the store and of the entropy; store_corrupt
    /// (another master).
    [[nodiscard]] static result<std::unique_ptr<local_push>> open(
        Store& store, kms::master_key const& master, Clock const& clock, push_options options = {},
        std::string_view own_keys = default_own_keys) {
        CRYPTOPERIOD_TRY(auto const name, parse_crn(own_keys));
        auto self = iam::service_id("iam-ServiceId-imfpush", std::string(account_of(name)),
                                    std::string(iam::push_service_name));
        if (!self) return std::move(self).error();
        auto all = std::make_unique<local_push>(passkey{}, store, master, clock, name);
        if (auto added = all->stores_.add(name, all->own_keys_); !added)
            return std::move(added).error();
        CRYPTOPERIOD_TRY(auto const begun, all->begin(store, master, *self));
        CRYPTOPERIOD_TRY(auto const key, kms::key_id::parse(begun.default_key));
        options.master = derived(master, "push");
        options.operator_api_key = iam::secret_text(begun.api_key.clone());
        options.default_key = kms::crn_of_key(name, key);
        all->push_.emplace(all->stores_, all->iam_, store, std::move(options), clock);
        return all;
    }
    local_push(passkey, Store& store, kms::master_key const& master, Clock const& clock,
               crn const& own_keys)
        : clock_(&clock),
          policies_(store, derived(master, "policies")),
          iam_(store, policies_, derived(master, "iam"), clock),
          own_keys_(store, derived(master, "kms"), clock, access_to(own_keys)) {}
    local_push(local_push const&) = delete;
    local_push& operator=(local_push const&) = delete;

    [[nodiscard]] push_type& push() noexcept { return *push_; }
    [[nodiscard]] iam_type& iam() noexcept { return iam_; }
    [[nodiscard]] policies_type& policies() noexcept { return policies_; }
    /// The service's own key store: to rotate the default key, or to look after it (tend). Who does
    /// so needs a role on it: the operator of the push service may only use the key.
    [[nodiscard]] kms_type& own_keys() noexcept { return own_keys_; }

    /// A key store of a customer, with a store and a master key of its own; to be added before the
    /// first call of `push`. It lives as long as this object does. Errors: those of
    /// key_stores::add.
    [[nodiscard]] result<kms_type*> add_key_store(crn const& name, Store& books,
                                                  kms::master_key master) {
        auto fresh = std::make_unique<kms_type>(books, std::move(master), *clock_, access_to(name));
        if (auto added = stores_.add(name, *fresh); !added) return std::move(added).error();
        customers_.push_back(std::move(fresh));
        return customers_.back().get();
    }
    /// A token of somebody, by an API key that is used once and erased. For who runs IAM: nobody
    /// else has been asked. Errors: those of api_keys::create and of token_from_api_key.
    [[nodiscard]] result<iam::access_token> token_of(iam::identity const& who) {
        CRYPTOPERIOD_TRY(auto const key, iam_.keys().create(who));
        auto issued = iam_.token_from_api_key(key.text.expose());
        if (auto erased = iam_.keys().erase(key.id); !erased) return std::move(erased).error();
        if (!issued) return std::move(issued).error();
        return std::move(issued->token);
    }

private:
    using records = store::sealed_records<stored_beginning, Store, crypto::os_entropy>;
    /// The books of the own keys as who sets up sees them: it is the application's own act.
    using set_up_keys = kms::local_kms<Store, kms::in_process, crypto::os_entropy, Clock>;
    static constexpr std::string_view place = "push/beginning";

    [[nodiscard]] static crypto::secret_array<32> derived(kms::master_key const& master,
                                                          std::string_view what) {
        return crypto::hkdf<crypto::sha256>::template derive<32>(
            master.expose(), {}, bytes_of(concat("cryptoperiod/service/local/v1/", what)));
    }
    [[nodiscard]] kms::iam_access<policies_type, Clock> access_to(crn const& key_store) const {
        return {iam_.verifier(), policies_, key_store};
    }
    /// What is on record, finished. Again after a crash: goes on. Of two that finish at one moment
    /// the first one's key is taken.
    [[nodiscard]] result<stored_beginning> begin(Store& store, kms::master_key const& master,
                                                 iam::identity const& self) {
        records kept(store, derived(master, "beginning"), crypto::os_entropy{});
        set_up_keys keys(store, derived(master, "kms"), *clock_);
        return store::retry_on_conflict([&]() -> result<stored_beginning> {
            CRYPTOPERIOD_TRY(auto before, kept.load(place));
            if (!before) {
                CRYPTOPERIOD_TRY(auto const drawn, iam_.keys().draw());
                before.emplace();
                before->record.api_key = secret_bytes::copy_of(drawn.text.expose());
                CRYPTOPERIOD_TRY(before->version, kept.save(place, before->record, store::absent));
            }
            auto now_is = std::move(before->record);
            if (!now_is.default_key.empty()) return now_is;
            if (auto able = enable_operator(now_is, self); !able) return std::move(able).error();
            CRYPTOPERIOD_TRY(auto const key, first_key(keys));
            now_is.default_key = key.str();
            auto const saved = kept.save(place, now_is, before->version);
            if (saved) return now_is;
            if (saved.error().code == errc::store_conflict)
                if (auto taken = discard_unless_taken(keys, key, kept); !taken)
                    return std::move(taken).error();
            return saved.error();
        });
    }
    /// What the operator's token is good for: to wrap and unwrap, and to see keys; nothing else.
    [[nodiscard]] result<void> enable_operator(stored_beginning const& begun,
                                               iam::identity const& self) {
        auto const permitted =
            policies_.add(iam::access_policy({.id = "push-own-keys",
                                              .iam_id = self.iam_id,
                                              .service = std::string(iam::kms_service),
                                              .account = self.account,
                                              .as = iam::role::reader}));
        if (!permitted && permitted.error().code != errc::policy_exists) return permitted.error();
        return iam_.keys().keep(iam::secret_text(begun.api_key.clone()), self);
    }
    /// The key that an earlier beginning has made, or a new one.
    [[nodiscard]] static result<kms::key_id> first_key(set_up_keys& keys) {
        CRYPTOPERIOD_TRY(auto const there, keys.list_keys({}, {}, 1));
        if (!there.empty()) return there.front();
        return keys.create_key({});
    }
    /// A key that somebody else was quicker than; the other one may have found the same.
    [[nodiscard]] static result<void> discard_unless_taken(set_up_keys& keys,
                                                           kms::key_id const& key,
                                                           records const& kept) {
        CRYPTOPERIOD_TRY(auto const first, kept.load(place));
        if (!first || first->record.default_key.empty() || first->record.default_key == key.str())
            return {};
        return keys.delete_key({}, key);
    }

    Clock const* clock_;
    policies_type policies_;
    iam_type iam_;
    kms_type own_keys_;
    kms::key_stores<kms_type> stores_;
    std::vector<std::unique_ptr<kms_type>> customers_;
    std::optional<push_type> push_;
};

}  // namespace cryptoperiod::service
