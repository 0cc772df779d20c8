/// @file stored_key.hpp
/// All that a key-management service remembers about a key, as one record: so one compare-and-swap
/// keeps the key, its registrations and its notices consistent, whatever crashes.
#pragma once

#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/fsm/snapshot.hpp>
#include <cryptoperiod/kms/key.hpp>
#include <cryptoperiod/kms/registration.hpp>
#include <cryptoperiod/store/record.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cryptoperiod::kms {

using key_machine = fsm::compact_machine<key>;
using notice_machine = fsm::compact_machine<notice>;
using registration_machine = fsm::compact_machine<registration>;

struct stored_registration {
    std::uint32_t version = 0;
    bool prevents_deletion = false;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(version, prevents_deletion);
    }
};
/// An event that a service has not finished with.
struct stored_notice {
    std::uint64_t number = 0;
    std::uint8_t what = 0;  ///< key_event
    std::string resource;
    std::uint32_t old_version = 0, new_version = 0;
    std::int64_t notified_ms = 0;
    std::string state;  ///< a snapshot of the table `notice`

    template <class Archive>
    void serialize(Archive& archive) {
        archive(number, what, resource, old_version, new_version, notified_ms, state);
    }
};

struct stored_key {
    static constexpr std::string_view schema = "cryptoperiod kms key";
    static constexpr std::uint32_t schema_version = 1;

    std::string state;  ///< a snapshot of the table `key`
    key_record record;
    std::int64_t made_ms = 0;
    std::uint32_t rotation_months = 0;                         ///< 0: by hand only
    std::vector<secret_bytes> material;                        ///< notes of version 1, 2, ...
    std::map<std::string, stored_registration> registrations;  ///< by resource CRN
    std::uint64_t events = 0;                                  ///< told so far
    std::vector<stored_notice> notices;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(state, record.kind, record.imported, record.dual_authorization, record.former,
                record.bits, record.versions, record.registrations, record.preventing,
                record.expires_ms, record.changed_ms, record.rotated_ms, record.deleted_ms,
                record.authorized_ms);
        auto person = record.authorized_by.number();
        archive(person, made_ms, rotation_months, material, registrations, events, notices);
        record.authorized_by = person_id(person);
    }
    /// What no table would have written.
    [[nodiscard]] result<void> validate() const {
        bool const kinds = record.kind == key_kind::root || record.kind == key_kind::standard;
        std::uint32_t preventing = 0;
        for (auto const& [crn, r] : registrations) preventing += r.prevents_deletion;
        if (!kinds || record.former < 1 || record.former > 3 || record.versions == 0 ||
            material.size() != record.versions || registrations.size() != record.registrations ||
            preventing != record.preventing)
            return error{errc::inconsistent, "the books of the key contradict each other"};
        return {};
    }

    /// The key as a machine. Errors: those of parse_snapshot and restore.
    [[nodiscard]] result<key_machine> machine() const {
        CRYPTOPERIOD_TRY(auto const written, fsm::parse_snapshot(state));
        CRYPTOPERIOD_TRY(auto const found, fsm::restore<key>(written));
        return key_machine(record, found.state);
    }
    void keep(key_machine const& machine) {
        state = fsm::to_text(fsm::take_snapshot(machine));
        record = machine.context();
    }
};

}  // namespace cryptoperiod::kms
