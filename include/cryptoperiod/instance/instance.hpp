/// @file instance.hpp
/// What the push service keeps of an instance, which is also an app: its applicationId is the
/// service-instance of its CRN.
#pragma once

#include <array>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/credentials/client_secret_rotation.hpp>
#include <cryptoperiod/device/client_secret.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/fsm/snapshot.hpp>
#include <cryptoperiod/instance/plan.hpp>
#include <cryptoperiod/instance/provisioning.hpp>
#include <cryptoperiod/kms/key_stores.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cryptoperiod::instance {

struct application_tag {
    static constexpr std::string_view name = "applicationId";
};
using application_id = id<application_tag>;
/// Longest id of an instance, in bytes. Assumption: no document has a bound.
inline constexpr std::size_t application_id_bytes_max = 64;

/// An id that an instance may have: lower-case letters, digits and '-'; nothing that could stand
/// for two parts of a place in a store. Errors: missing, out_of_range, malformed.
[[nodiscard]] inline result<application_id> parse_application_id(std::string_view text) {
    if (text.size() > application_id_bytes_max)
        return error{errc::out_of_range,
                     concat("the applicationId has ", thousands(text.size()), " bytes; at most ",
                            thousands(application_id_bytes_max), " are allowed")};
    for (std::size_t i = 0; i != text.size(); ++i)
        if (auto const c = text[i];
            !cryptoperiod::detail::is_lower(c) && !cryptoperiod::detail::is_digit(c) && c != '-')
            return error{errc::malformed,
                         concat("the applicationId has ", cryptoperiod::detail::show_character(c),
                                " at offset ", std::to_string(i),
                                "; lower-case letters, digits and '-' are allowed")};
    return application_id::parse(text);
}

using provisioning_machine = fsm::compact_machine<provisioning>;

/// An instance as a record.
struct stored_instance {
    static constexpr std::string_view schema = "cryptoperiod push instance";
    static constexpr std::uint32_t schema_version = 1;

    std::string name;   ///< its CRN
    std::string state;  ///< a snapshot of the table `provisioning`
    provisioning_record record;
    plan on = plan::lite;
    std::string root_key;  ///< CRN of the key that protects it: the customer's or the service's
    device::app_security security;
    credentials::single_client_secret client_secret;         ///< none once there are several
    credentials::overlapping_client_secrets client_secrets;  ///< none but with the extension
    std::array<std::byte, 16> usage_salt{};  ///< also tells apart two instances of one id
    std::int64_t made_ms = 0;
    /// The rotation after which all was rewrapped once, and when: it is acknowledged after a second
    /// time (vault/vault.hpp, rewrap_progress).
    std::uint64_t rewrapped_event = 0;
    std::int64_t rewrapped_ms = 0;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(name, state, record.own_key, record.is_orphaned, record.changed_ms, on, root_key,
                security.kind, security.verification, client_secret, client_secrets, usage_salt,
                made_ms, rewrapped_event, rewrapped_ms);
    }
    /// What the service would not have written.
    [[nodiscard]] result<void> validate() const {
        bool const known = static_cast<std::size_t>(on) < plan_table.size() &&
                           static_cast<unsigned>(security.kind) <=
                               static_cast<unsigned>(device::app_kind::created_before);
        if (!known || !crn_of() || !root_key_id())
            return error{errc::inconsistent, "it has no crn, no root key or no plan"};
        return {};
    }

    /// Errors: those of parse_crn.
    [[nodiscard]] result<crn> crn_of() const { return parse_crn(name); }
    /// Its clientSecrets as the extension has them: of an instance that began with a single one,
    /// that is the first.
    [[nodiscard]] credentials::overlapping_client_secrets all_client_secrets() const {
        if (client_secret == credentials::single_client_secret()) return client_secrets;
        return {client_secret, made_ms};
    }
    /// Errors: those of key_id_of.
    [[nodiscard]] result<kms::key_id> root_key_id() const {
        CRYPTOPERIOD_TRY(auto const key, parse_crn(root_key));
        return kms::key_id_of(key);
    }
    /// Errors: those of parse_snapshot and restore.
    [[nodiscard]] result<provisioning_machine> machine() const {
        CRYPTOPERIOD_TRY(auto const written, fsm::parse_snapshot(state));
        CRYPTOPERIOD_TRY(auto const found, fsm::restore<provisioning>(written));
        return provisioning_machine(record, found.state);
    }
    void keep(provisioning_machine const& machine) {
        state = fsm::to_text(fsm::take_snapshot(machine));
        record = machine.context();
    }
};

/// What stays of a deleted instance for ever: its id never stands for another one, so whoever is
/// late with erasing what it had erases nothing of anybody else's.
struct used_id {
    static constexpr std::string_view schema = "cryptoperiod push used id";
    static constexpr std::uint32_t schema_version = 1;

    std::int64_t forgotten_ms = 0;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(forgotten_ms);
    }
};

}  // namespace cryptoperiod::instance
