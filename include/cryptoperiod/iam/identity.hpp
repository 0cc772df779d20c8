/// @file identity.hpp
/// Who acts: a person, a service by its own name, or one instance of a service. Source: IBM Cloud
/// IAM (iam_id); the CRN token of the seed "Key Protect integration".
#pragma once

#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod::iam {

enum class identity_kind : std::uint8_t {
    user,
    service_id,  ///< a service by its own name: its operator token
    instance,    ///< one instance of a service: its CRN token
};

/// Longest account id and iam_id of a person or a service id, in bytes. Assumption: IBM documents
/// no bound; account ids in use have 32.
inline constexpr std::size_t account_bytes_max = 64;
inline constexpr std::size_t iam_id_bytes_max = 128;

/// What an instance's iam_id starts with; its CRN follows.
inline constexpr std::string_view instance_iam_id_start = "crn-";

/// Who acts. A plain value, made by the functions below.
struct identity {
    identity_kind kind = identity_kind::user;
    std::string iam_id;   ///< "IBMid-270002CXQ5", "iam-ServiceId-...", "crn-crn:v1:..."
    std::string account;  ///< within which it acts, and no other (decision.hpp)
    crn instance;         ///< of an instance only
    std::string service;  ///< of a service id: the service as whose instances it may act; may be
                          ///< empty
    std::string resource_group;  ///< of an instance, where the caller knows it

    friend bool operator==(identity const&, identity const&) = default;
};

namespace detail {

/// Whether `text` may be an account id. Errors: missing, out_of_range, malformed.
[[nodiscard]] inline result<void> check_account(std::string_view text) {
    if (text.empty()) return error{errc::missing, "the account id is empty; give one"};
    if (text.size() > account_bytes_max)
        return error{errc::out_of_range,
                     concat("the account id has ", thousands(text.size()), " bytes; at most ",
                            thousands(account_bytes_max), " are allowed")};
    for (std::size_t i = 0; i != text.size(); ++i)
        if (auto const c = text[i]; !cryptoperiod::detail::is_lower(c) &&
                                    !cryptoperiod::detail::is_upper(c) &&
                                    !cryptoperiod::detail::is_digit(c) && c != '-')
            return error{
                errc::malformed,
                concat("the account id has ", cryptoperiod::detail::show_character(c),
                       " at offset ", std::to_string(i), "; letters, digits and '-' are allowed")};
    return {};
}

/// Whether `text` has visible ASCII characters only, at most `most`. Errors: missing, out_of_range,
/// malformed.
[[nodiscard]] inline result<void> check_visible(std::string_view name, std::string_view text,
                                                std::size_t most) {
    if (text.empty()) return error{errc::missing, concat(name, " is empty; give a value")};
    if (text.size() > most)
        return error{errc::out_of_range,
                     concat(name, " has ", thousands(text.size()), " characters; at most ",
                            thousands(most), " are allowed")};
    for (std::size_t i = 0; i != text.size(); ++i)
        if (text[i] <= ' ' || text[i] > '~')
            return error{errc::malformed,
                         concat(name, " has ", cryptoperiod::detail::show_character(text[i]),
                                " at offset ", std::to_string(i), "; visible ASCII is allowed")};
    return {};
}

}  // namespace detail

/// A text that is a credential: an API key, a token.
class secret_text {
public:
    explicit secret_text(secret_bytes text) noexcept : text_(std::move(text)) {}
    [[nodiscard]] static secret_text copy_of(std::string_view text) {
        return secret_text(secret_bytes::copy_of(text));
    }
    /// As it goes over the wire. Valid as long as this object is.
    [[nodiscard]] std::string_view expose() const& noexcept {
        auto const bytes = text_.expose();
        return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
    }
    void expose() const&& = delete;  // the view would outlive the text

private:
    secret_bytes text_;
};

/// A person. Errors: missing, out_of_range, malformed.
[[nodiscard]] inline result<identity> user(std::string iam_id, std::string account) {
    if (auto sound = detail::check_visible("the iam_id", iam_id, iam_id_bytes_max); !sound)
        return std::move(sound).error();
    if (auto sound = detail::check_account(account); !sound) return std::move(sound).error();
    if (iam_id.starts_with(instance_iam_id_start))
        return error{errc::inconsistent, "an iam_id that starts with crn- is one of an instance"};
    identity who;
    who.iam_id = std::move(iam_id);
    who.account = std::move(account);
    return who;
}

/// A service by its own name, which may act as the instances of `service`; none when that is empty.
/// Errors: as user.
[[nodiscard]] inline result<identity> service_id(std::string iam_id, std::string account,
                                                 std::string service) {
    CRYPTOPERIOD_TRY(auto who, user(std::move(iam_id), std::move(account)));
    who.kind = identity_kind::service_id;
    if (!service.empty()) {
        crn name;
        name.service_name = service;
        if (auto sound = check_crn(name); !sound) return std::move(sound).error();
    }
    who.service = std::move(service);
    return who;
}

/// An instance. Errors: those of check_crn; malformed (not an instance, not of an account).
[[nodiscard]] inline result<identity> instance(crn name) {
    if (auto sound = check_crn(name); !sound) return std::move(sound).error();
    if (!is_instance_crn(name) || account_of(name).empty())
        return error{errc::malformed,
                     concat("'", to_string(name),
                            "' is not the CRN of an instance of an account; it ends in ::")};
    if (auto sound = detail::check_account(account_of(name)); !sound)
        return std::move(sound).error();
    identity who;
    who.kind = identity_kind::instance;
    who.iam_id = concat(instance_iam_id_start, to_string(name));
    who.account = account_of(name);
    who.instance = std::move(name);
    return who;
}

}  // namespace cryptoperiod::iam
