/// @file token.hpp
/// Tokens: who somebody is, signed, for a while. An IAM token from an API key; a CRN token, with
/// which a service acts as one instance of its own. Verified without asking anybody, so a token
/// outlives its API key until it expires. Source: IBM Cloud IAM (grant types, claims, lifetimes);
/// seed "Key Protect integration" (CRN token); RFC 7515, RFC 8037 (form, EdDSA).
///
/// base64url(header) "." base64url(claims) "." base64url(Ed25519 of both, as they stand). The
/// header is exactly {"alg":"EdDSA","kid":"...","typ":"JWT"}: it is compared, not obeyed.
#pragma once

#include <array>
#include <chrono>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/json.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/crypto/hash.hpp>
#include <cryptoperiod/crypto/mac.hpp>
#include <cryptoperiod/crypto/signature.hpp>
#include <cryptoperiod/iam/api_key.hpp>
#include <cryptoperiod/iam/decision.hpp>
#include <cryptoperiod/iam/identity.hpp>
#include <cryptoperiod/iam/policy.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod::iam {

/// Longest token that is looked at, in bytes; a CRN of the greatest length fits.
inline constexpr std::size_t token_bytes_max = 8192;
/// How long an IAM token lives. Source: expires_in of IBM Cloud IAM.
inline constexpr std::int64_t iam_token_s = 3600;
/// How long a CRN token lives. Source: "about 30 minutes" (the published sample has 1796 s).
inline constexpr std::int64_t crn_token_s = 1800;
/// How far the clocks of who signs and who verifies may differ, unless told.
inline constexpr std::chrono::seconds clock_skew_default{60};

inline constexpr std::string_view api_key_grant = "urn:ibm:params:oauth:grant-type:apikey";
inline constexpr std::string_view crn_grant = "urn:ibm:params:oauth:grant-type:iam-authz";

/// The text of a token, to be shown to others: who has it is taken for whom it names.
using access_token = secret_text;

/// What a grant gives. Seconds since 1970-01-01 UTC.
struct issued_token {
    static constexpr std::string_view type = "Bearer";
    access_token token;
    std::int64_t issued_s = 0;
    std::int64_t expires_s = 0;
};

/// The token in the value of an Authorization header, "Bearer ...". Errors: credential_missing
/// (empty, or another scheme), token_malformed.
[[nodiscard]] inline result<std::string_view> bearer_token(std::string_view header) {
    constexpr std::string_view scheme = "bearer ";
    auto const lower = [](char c) {
        return cryptoperiod::detail::is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    };
    if (header.size() < scheme.size() ||
        !std::ranges::equal(header.substr(0, scheme.size()), scheme, {}, lower))
        return error{errc::credential_missing,
                     "the request shows no token; send Authorization: Bearer and the token"};
    auto const token = header.substr(scheme.size());
    if (token.size() > token_bytes_max ||
        !std::ranges::all_of(token, [](char c) { return c > ' ' && c <= '~'; }))
        return error{errc::token_malformed,
                     "what follows Bearer is too long, or has blanks or control characters"};
    return token;
}

/// The id of a signing key: made of its public half, so that nobody chooses it.
[[nodiscard]] inline std::string signing_key_id(crypto::ed25519::public_key const& key) {
    crypto::hmac<crypto::sha256> mac(bytes_of("cryptoperiod/iam/signing-key-id/v1"));
    auto const whole = mac.compute(key);
    return to_hex(std::span(whole).first<8>());
}

namespace detail {

[[nodiscard]] inline error not_a_token(std::string_view why) {
    return {errc::token_malformed, concat("this is not a token of ours: ", why)};
}
[[nodiscard]] inline std::string token_header(std::string_view key_id) {
    return to_base64url(bytes_of(concat(R"({"alg":"EdDSA","kid":")", key_id, R"(","typ":"JWT"})")));
}
[[nodiscard]] inline std::string_view text_of(std::span<std::byte const> bytes) noexcept {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// A token's parts, as they stand.
struct token_parts {
    std::string_view header, claims, signature, signed_text;
};
[[nodiscard]] inline result<token_parts> split_token(std::string_view token) {
    auto const first = token.find('.');
    auto const second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
        return not_a_token("it does not have three parts with a '.' between them");
    return token_parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                       token.substr(second + 1), token.substr(0, second)};
}

/// Why no key answers to this header.
[[nodiscard]] inline error unknown_header(std::string_view header) {
    constexpr json_limits small{512, 2};
    auto const text = from_base64url(header);
    if (!text) return not_a_token("its header is not base64url");
    auto const value = parse_json(text_of(*text), small);
    if (!value) return not_a_token("its header is not JSON");
    auto const alg = json_place(*value, "header").find("alg");
    if (!alg) return not_a_token("its header names no algorithm");
    if (auto const name = alg->text(0, small.bytes); !name || *name != "EdDSA")
        return not_a_token("its algorithm is not EdDSA, and no other is taken");
    return {errc::signing_key_unknown,
            "the token is signed by a key that is not trusted, or not any more; get a new token"};
}

/// What the claims say.
struct token_claims {
    std::string issuer;
    std::int64_t issued_s = 0, expires_s = 0;
    identity who;
};

[[nodiscard]] inline result<identity> identity_in(json_place const& claims) {
    CRYPTOPERIOD_TRY(auto const id_place, claims.member("iam_id"));
    CRYPTOPERIOD_TRY(auto const iam_id,
                     id_place.text(1, crn_bytes_max + instance_iam_id_start.size()));
    CRYPTOPERIOD_TRY(auto const grant_place, claims.member("grant_type"));
    CRYPTOPERIOD_TRY(auto const grant, grant_place.text(1, iam_id_bytes_max));
    CRYPTOPERIOD_TRY(auto const account_place, claims.member("account"));
    CRYPTOPERIOD_TRY(auto const bss, account_place.member("bss"));
    CRYPTOPERIOD_TRY(auto const account, bss.text(1, account_bytes_max));
    if (grant == crn_grant) {
        if (!iam_id.starts_with(instance_iam_id_start))
            return id_place.fault(errc::inconsistent, "is not one of an instance");
        CRYPTOPERIOD_TRY(auto name, parse_crn(iam_id.substr(instance_iam_id_start.size())));
        CRYPTOPERIOD_TRY(auto who, instance(std::move(name)));
        if (who.account != account) return bss.fault(errc::inconsistent, "is of another account");
        return who;
    }
    if (grant != api_key_grant) return grant_place.fault(errc::unknown_name, "is not known");
    auto const sub_type = claims.find("sub_type");
    if (!sub_type) return user(std::string(iam_id), std::string(account));
    CRYPTOPERIOD_TRY(auto const type, sub_type->text(1, iam_id_bytes_max));
    if (type != "ServiceId") return sub_type->fault(errc::unknown_name, "is not ServiceId");
    std::string_view service;
    if (auto const found = claims.find("service_name")) {
        CRYPTOPERIOD_TRY(service, found->text(1, crn_bytes_max));
    }
    return service_id(std::string(iam_id), std::string(account), std::string(service));
}

/// Errors: those of the reader; the caller makes one of them.
[[nodiscard]] inline result<token_claims> read_claims(std::string_view text) {
    CRYPTOPERIOD_TRY(auto const value, parse_json(text, {token_bytes_max, 4}));
    json_place const claims(value, "claims");
    token_claims out;
    CRYPTOPERIOD_TRY(auto const iss, claims.member("iss"));
    CRYPTOPERIOD_TRY(auto const issuer, iss.text(1, iam_id_bytes_max));
    out.issuer = issuer;
    CRYPTOPERIOD_TRY(auto const iat, claims.member("iat"));
    CRYPTOPERIOD_TRY(out.issued_s, iat.whole_number());
    CRYPTOPERIOD_TRY(auto const exp, claims.member("exp"));
    CRYPTOPERIOD_TRY(out.expires_s, exp.whole_number());
    // Beyond these, sums of times could overflow; the year 9999 is enough for anybody.
    constexpr std::int64_t latest_s = 253'402'300'799;
    if (out.issued_s < 0 || out.expires_s > latest_s || out.issued_s >= out.expires_s ||
        out.expires_s - out.issued_s > iam_token_s)
        return exp.fault(errc::out_of_range, "is not within an hour after iat");
    CRYPTOPERIOD_TRY(out.who, identity_in(claims));
    return out;
}

[[nodiscard]] inline result<std::string> write_claims(token_claims const& c) {
    json_value claims{{"iss", c.issuer},
                      {"iat", c.issued_s},
                      {"exp", c.expires_s},
                      {"iam_id", c.who.iam_id},
                      {"account", {{"bss", c.who.account}}},
                      {"scope", "ibm openid"}};
    switch (c.who.kind) {
        case identity_kind::user:
            claims["grant_type"] = api_key_grant;
            claims["realmid"] = "IBMid";
            break;
        case identity_kind::service_id:
            claims["grant_type"] = api_key_grant;
            claims["realmid"] = "iam";
            claims["sub_type"] = "ServiceId";
            // Ours: IBM's IAM knows by itself which service a service id runs.
            if (!c.who.service.empty()) claims["service_name"] = c.who.service;
            break;
        case identity_kind::instance:
            claims["grant_type"] = crn_grant;
            claims["realmid"] = "crn";
            claims["sub_type"] = "CRN";
            break;
    }
    return json_text(claims);
}

/// Signs claims with the key of a seed. Errors: those of json_text.
[[nodiscard]] inline result<secret_bytes> sign_claims(token_claims const& claims,
                                                      crypto::ed25519::seed const& seed) {
    CRYPTOPERIOD_TRY(auto const text, write_claims(claims));
    crypto::ed25519_signer const signer(seed.expose());
    auto whole = concat(token_header(signing_key_id(signer.public_key())), ".",
                        to_base64url(bytes_of(text)));
    auto signature = to_base64url(signer.sign(bytes_of(whole)));
    auto complete = concat(whole, ".", signature);
    wipe(signature);
    return secret_bytes::take(complete);
}

}  // namespace detail

/// Verifies tokens: with the public keys that it was told to trust, and with nothing else. Calls
/// may come from any thread.
template <clock_source Clock = system_clock_source>
class token_verifier {
public:
    /// The clock is somebody else's and must outlive this object. `issuer`: the `iss` of every
    /// token that is taken.
    token_verifier(std::string issuer, Clock const& clock, milliseconds skew = clock_skew_default)
        : issuer_(std::move(issuer)), clock_(&clock), skew_(skew) {}

    [[nodiscard]] std::string const& issuer() const noexcept { return issuer_; }
    [[nodiscard]] milliseconds skew() const noexcept { return skew_; }

    /// Takes what this key has signed, until a moment (milliseconds since 1970-01-01 UTC); the id
    /// of the key is the answer. Again: another moment.
    std::string trust(crypto::ed25519::public_key const& key, std::int64_t until_ms = never_ms) {
        auto id = signing_key_id(key);
        std::unique_lock const lock(mutex_);
        keys_.insert_or_assign(detail::token_header(id), trusted_key{key, until_ms});
        return id;
    }
    /// Takes nothing more that this key has signed: it leaked. False when it was not trusted.
    bool distrust(std::string_view key_id) {
        std::unique_lock const lock(mutex_);
        return keys_.erase(detail::token_header(key_id)) != 0;
    }

    /// Who shows this token. Nothing of its claims is read before its signature is verified.
    /// Errors, all 401: credential_missing (empty), token_malformed (its length, form, algorithm,
    /// claims), signing_key_unknown, token_forged, token_of_another_issuer, token_expired,
    /// token_not_yet_valid. No detail repeats a part of it.
    [[nodiscard]] result<identity> verify(std::string_view token) const {
        if (token.empty()) return error{errc::credential_missing, "no token was shown"};
        if (token.size() > token_bytes_max)
            return detail::not_a_token(concat("it has ", thousands(token.size()),
                                              " bytes; at most ", thousands(token_bytes_max),
                                              " are read"));
        CRYPTOPERIOD_TRY(auto const parts, detail::split_token(token));
        auto const now = clock_->now().time_since_epoch();
        CRYPTOPERIOD_TRY(auto const key, key_for(parts.header, now.count()));
        auto const signature = from_base64url(parts.signature);
        if (!signature || signature->size() != crypto::ed25519::signature_bytes)
            return detail::not_a_token("its signature is not 64 bytes in base64url");
        if (!crypto::ed25519_verifier(key).verify(bytes_of(parts.signed_text), *signature))
            return error{errc::token_forged,
                         "the token was altered, or signed by somebody else; get a new token"};
        auto const text = from_base64url(parts.claims);
        if (!text) return detail::not_a_token("its claims are not base64url");
        auto claims = detail::read_claims(detail::text_of(*text));
        if (!claims) return detail::not_a_token(claims.error().detail);
        if (auto valid = check_validity(*claims, now); !valid) return std::move(valid).error();
        return std::move(claims->who);
    }
    /// The same for a CRN token of one instance. Errors: as verify; token_of_another_instance.
    [[nodiscard]] result<identity> verify_for(std::string_view token, crn const& instance) const {
        CRYPTOPERIOD_TRY(auto who, verify(token));
        if (who.kind != identity_kind::instance || who.instance != instance)
            return error{errc::token_of_another_instance,
                         concat("the token is not the CRN token of '", to_string(instance),
                                "'; get one for it")};
        return who;
    }

private:
    struct trusted_key {
        crypto::ed25519::public_key key;
        std::int64_t until_ms;
    };

    [[nodiscard]] result<crypto::ed25519::public_key> key_for(std::string_view header,
                                                              std::int64_t now_ms) const {
        {
            std::shared_lock const lock(mutex_);
            auto const found = keys_.find(header);
            if (found != keys_.end() && now_ms < found->second.until_ms) return found->second.key;
        }
        return detail::unknown_header(header);
    }
    [[nodiscard]] result<void> check_validity(detail::token_claims const& claims,
                                              milliseconds now) const {
        if (claims.issuer != issuer_)
            return error{errc::token_of_another_issuer,
                         concat("the token was not issued by '", issuer_, "'")};
        if (now >= std::chrono::seconds(claims.expires_s) + skew_)
            return error{errc::token_expired, "the token has expired; get a new one"};
        if (now < std::chrono::seconds(claims.issued_s) - skew_)
            return error{errc::token_not_yet_valid,
                         "the token was issued in the future; set the clocks right"};
        return {};
    }

    std::string issuer_;
    Clock const* clock_;
    milliseconds skew_;
    mutable std::shared_mutex mutex_;
    std::map<std::string, trusted_key, std::less<>> keys_;  // by the header of their tokens
};

/// Gives tokens. Calls may come from any thread.
template <class ApiKeys, policy_source Policies, clock_source Clock = system_clock_source>
class token_issuer {
public:
    /// All but the seed are somebody else's and must outlive this object. `verifier` trusts the
    /// key from now on.
    token_issuer(crypto::ed25519::seed seed, token_verifier<Clock>& verifier, ApiKeys const& keys,
                 Policies const& policies, Clock const& clock)
        : verifier_(&verifier),
          keys_(&keys),
          policies_(&policies),
          clock_(&clock),
          seed_(std::move(seed)) {
        verifier.trust(public_key());
    }

    /// The key that verifies what is signed now: other verifiers must trust it before.
    [[nodiscard]] crypto::ed25519::public_key public_key() const {
        std::shared_lock const lock(mutex_);
        return crypto::ed25519_signer(seed_.expose()).public_key();
    }
    /// Signs with another key from now on. The verifier trusts the last one until the tokens that
    /// it has signed have expired.
    void rotate(crypto::ed25519::seed seed) {
        auto const last_need = clock_->now().time_since_epoch() +
                               std::chrono::seconds(iam_token_s) + 2 * verifier_->skew();
        verifier_->trust(crypto::ed25519_signer(seed.expose()).public_key());
        std::unique_lock const lock(mutex_);
        auto const last = crypto::ed25519_signer(seed_.expose()).public_key();
        seed_ = std::move(seed);
        verifier_->trust(last, last_need.count());
    }

    /// An IAM token of whom the API key is, for iam_token_s. Errors: those of
    /// api_keys::authenticate.
    [[nodiscard]] result<issued_token> from_api_key(std::string_view api_key) const {
        CRYPTOPERIOD_TRY(auto who, keys_->authenticate(api_key));
        return issue(std::move(who), iam_token_s);
    }
    /// A CRN token of an instance, for crn_token_s, for the service that shows its operator token:
    /// there has to be an authorization of the instance with the key store that `target` names, or
    /// is a key of. Each call to key management asks again. Errors: those of verify; forbidden (not
    /// its instance), unauthorized (no authorization), malformed (not an instance), those of the
    /// policies.
    [[nodiscard]] result<issued_token> crn_token(std::string_view operator_token,
                                                 crn const& instance, crn const& target) const {
        CRYPTOPERIOD_TRY(auto who, iam::instance(instance));
        auto const asking = verifier_->verify(operator_token);
        CRYPTOPERIOD_TRY(auto const acts, decide_to_act_as(asking, instance));
        if (auto allowed = as_result(acts, operator_request(asking, instance)); !allowed)
            return std::move(allowed).error();
        request const use{who, action::kms_key_wrap, target, {}};
        CRYPTOPERIOD_TRY(auto const authorized, decide(*policies_, use));
        if (auto allowed = as_result(authorized, use); !allowed) return std::move(allowed).error();
        return issue(std::move(who), crn_token_s);
    }

private:
    [[nodiscard]] static request operator_request(result<identity> const& who,
                                                  crn const& instance) {
        return {who ? *who : identity(), action::push_instance_read, instance, {}};
    }
    [[nodiscard]] result<issued_token> issue(identity who, std::int64_t lifetime_s) const {
        auto const now = std::chrono::floor<std::chrono::seconds>(clock_->now());
        auto const issued_s = now.time_since_epoch().count();
        detail::token_claims const claims{verifier_->issuer(), issued_s, issued_s + lifetime_s,
                                          std::move(who)};
        std::shared_lock const lock(mutex_);
        CRYPTOPERIOD_TRY(auto text, detail::sign_claims(claims, seed_));
        return issued_token{access_token(std::move(text)), claims.issued_s, claims.expires_s};
    }

    token_verifier<Clock>* verifier_;
    ApiKeys const* keys_;
    Policies const* policies_;
    Clock const* clock_;
    mutable std::shared_mutex mutex_;
    crypto::ed25519::seed seed_;
};

}  // namespace cryptoperiod::iam
