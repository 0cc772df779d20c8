/// @file stored_key.hpp
/// All that a key-management service remembers about a key, as one record: so one compare-and-swap
/// keeps the key, its registrations and its notices consistent, whatever crashes.
#pragma once

#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/fsm/snapshot.hpp>
#include <cryptoperiod/kms/key.hpp>
#include <cryptoperiod/kms/registration.hpp>
#include <cryptoperiod/store/record.hpp>
#include <cstddef>
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

// ---- room ---------------------------------------------------------------------------------------

// Bounds of what store::encode writes: of a notice, of a registration with all that its service may
// ever be told, of a version with its note, of all else.
[[nodiscard]] inline std::size_t bytes_of_notice(std::string_view resource) noexcept {
    return resource.size() + 128;
}
[[nodiscard]] inline std::size_t bytes_of_registration(std::string_view resource) noexcept {
    return (1 + key_events) * bytes_of_notice(resource);
}
inline constexpr std::size_t bytes_of_version = 256;
inline constexpr std::size_t bytes_of_all_else = 16 * 1024;
/// Registrations leave room for so many more versions.
inline constexpr std::size_t versions_reserved = 256;

/// Whether the record has room for so many bytes more: it must always have room to disable and to
/// delete the key, whatever the services leave unanswered.
[[nodiscard]] inline bool has_room(stored_key const& key, std::size_t more) {
    constexpr std::size_t beside_a_note = 64;
    std::size_t bytes = bytes_of_all_else + more;
    for (auto const& note : key.material) bytes += note.size() + beside_a_note;
    for (auto const& [crn, registration] : key.registrations) bytes += bytes_of_registration(crn);
    for (auto const& n : key.notices)  // of registrations that went with a deletion
        if (!key.registrations.contains(n.resource)) bytes += bytes_of_notice(n.resource);
    return bytes <= store::record_bytes_max;
}
/// Why a key that has no room takes nothing more.
[[nodiscard]] inline error books_full(stored_key const& key) {
    return {errc::limit_reached,
            concat("the books of the key are full: it has ", thousands(key.material.size()),
                   " versions and ", thousands(key.registrations.size()),
                   " registrations; use another key")};
}

}  // namespace cryptoperiod::kms
