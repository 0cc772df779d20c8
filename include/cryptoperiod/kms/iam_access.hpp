/// @file iam_access.hpp
/// Who may do what with a key, decided by IAM: the token of key management is an IAM token or a CRN
/// token. Source: Key Protect, "Managing user access"; seed "Key Protect integration" (no
/// authorization: 401).
#pragma once

#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/crypto/hash.hpp>
#include <cryptoperiod/crypto/mac.hpp>
#include <cryptoperiod/iam/action.hpp>
#include <cryptoperiod/iam/decision.hpp>
#include <cryptoperiod/iam/policy.hpp>
#include <cryptoperiod/iam/token.hpp>
#include <cryptoperiod/kms/access_control.hpp>
#include <cryptoperiod/kms/key.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace cryptoperiod::kms {

/// The action of the table of roles that an action of key management is.
[[nodiscard]] constexpr iam::action as_iam_action(key_action what) noexcept {
    switch (what) {
        case key_action::create:
            return iam::action::kms_key_create;
        case key_action::read:
            return iam::action::kms_key_read_metadata;
        case key_action::wrap:
            return iam::action::kms_key_wrap;
        case key_action::unwrap:
            return iam::action::kms_key_unwrap;
        case key_action::rewrap:
            return iam::action::kms_key_rewrap;
        case key_action::rotate:
            return iam::action::kms_key_rotate;
        case key_action::sync:
            return iam::action::kms_key_sync;
        case key_action::disable:
            return iam::action::kms_key_disable;
        case key_action::enable:
            return iam::action::kms_key_enable;
        case key_action::authorize_deletion:
            return iam::action::kms_key_schedule_deletion;
        case key_action::remove:
            return iam::action::kms_key_delete;
        case key_action::restore:
            return iam::action::kms_key_restore;
        case key_action::purge:
            return iam::action::kms_key_purge;
        case key_action::serve:
            break;
    }
    return iam::action::kms_registration_write;
}

/// The person that key management knows an identity as: two identities are two persons, but for a
/// chance of 2^-64, in which one of them could not second the other's deletion.
[[nodiscard]] inline person_id person_of(iam::identity const& who) {
    crypto::hmac<crypto::sha256> mac(bytes_of("cryptoperiod/kms/person/v1"));
    auto const whole = mac.compute(bytes_of(who.iam_id));
    std::uint64_t number = 0;
    for (auto const byte : std::span(whole).first<8>())
        number = number << 8U | std::to_integer<std::uint64_t>(byte);
    return person_id(number);
}

/// Asks the policies about every call. The keys are those of one key store, whose instance CRN is
/// part of every request.
template <iam::policy_source Policies, clock_source Clock = system_clock_source>
class iam_access {
public:
    using token = iam::access_token;

    /// The verifier and the policies are somebody else's and must outlive this object. `key_store`
    /// is the CRN of an instance of `kms`.
    iam_access(iam::token_verifier<Clock> const& verifier, Policies const& policies, crn key_store)
        : verifier_(&verifier), policies_(&policies), key_store_(std::move(key_store)) {}

    /// Who calls. Errors: those of token_verifier::verify; unauthorized (every reason is named);
    /// those of the policies.
    [[nodiscard]] result<caller> check(token const& shown, key_action what, key_id const& key,
                                       std::string_view instance) const {
        auto const who = verifier_->verify(shown.expose());
        auto const resource = crn_of(key);
        auto const action = as_iam_action(what);
        CRYPTOPERIOD_TRY(auto const decided, iam::decide(*policies_, who, action, resource));
        iam::request const asked{who ? *who : iam::identity(), action, resource, {}};
        if (auto allowed = iam::as_result(decided, asked); !allowed)
            return std::move(allowed).error();
        bool const is_service = who->kind == iam::identity_kind::instance;
        if (what == key_action::serve && is_service && instance != to_string(who->instance))
            return error{errc::unauthorized, "an instance speaks for itself only"};
        return caller{person_of(*who), is_service};
    }
    /// The CRN of a key of this store.
    [[nodiscard]] crn crn_of(key_id const& key) const { return crn_of_key(key_store_, key); }

private:
    iam::token_verifier<Clock> const* verifier_;
    Policies const* policies_;
    crn key_store_;
};

}  // namespace cryptoperiod::kms
