/// @file dependents.hpp
/// The services that depend on a key, in the books of that key: who is registered, who was told
/// what, who has not answered. The rules are the tables of registration.hpp; here they meet the
/// record.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/kms/access_control.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/kms/stored_key.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace cryptoperiod::kms::dependents {

/// The registration of `resource` with the key, as a machine.
[[nodiscard]] inline registration_machine machine_of(stored_key const& key,
                                                     std::string const& resource) {
    auto const at = key.registrations.find(resource);
    if (at == key.registrations.end()) return {};
    return registration_machine({at->second.version, at->second.prevents_deletion},
                                fsm::table_view<registration>::state_id<registered>);
}
/// A notice, as a machine. Errors: those of parse_snapshot and restore.
[[nodiscard]] inline result<notice_machine> machine_of(stored_notice const& n) {
    CRYPTOPERIOD_TRY(auto const written, fsm::parse_snapshot(n.state));
    CRYPTOPERIOD_TRY(auto const found, fsm::restore<notice>(written));
    return notice_machine({n.notified_ms}, found.state);
}

/// Registers `resource`; again: the same. Errors: registration_*, those of the key's table.
[[nodiscard]] inline result<void> add(stored_key& key, key_machine& machine, caller const& by,
                                      std::string const& resource, bool prevents_deletion) {
    auto one = machine_of(key, resource);
    bool const known = one.template is<registered>();
    register_service const event{by.is_service, machine.context().versions, prevents_deletion};
    if (auto done = one.send(event); !done || known) return done;
    if (auto attached = machine.send(attach{prevents_deletion}); !attached) return attached;
    key.registrations[resource] = {one.context().version, one.context().prevents_deletion};
    return {};
}
/// Errors: as add; registration_not_found.
[[nodiscard]] inline result<void> remove(stored_key& key, key_machine& machine, caller const& by,
                                         std::string const& resource) {
    auto one = machine_of(key, resource);
    if (!one.template is<registered>())
        return error{errc::registration_not_found,
                     concat("'", resource, "' is not registered with the key")};
    if (auto left = one.send(unregister_service{by.is_service}); !left) return left;
    if (auto off = machine.send(detach{one.context().prevents_deletion}); !off) return off;
    key.registrations.erase(resource);
    std::erase_if(key.notices, [&](auto const& n) { return n.resource == resource; });
    return {};
}

/// Every registered service is told what happened; `new_version` of a rotation, 0 of all else.
inline void tell(stored_key& key, key_event what, std::int64_t now_ms,
                 std::uint32_t new_version = 0) {
    for (auto const& [resource, registration] : key.registrations) {
        notice_machine notice;
        auto const sent = notice.process(notify{now_ms});
        CRYPTOPERIOD_ASSERT(sent == fsm::verdict::taken);
        key.notices.push_back({++key.events, static_cast<std::uint8_t>(what), resource,
                               registration.version,
                               new_version == 0 ? registration.version : new_version, now_ms,
                               fsm::to_text(fsm::take_snapshot(notice))});
    }
}
[[nodiscard]] inline lifecycle_event as_event(key_id const& id, stored_notice const& n) {
    return {n.number,      static_cast<key_event>(n.what),
            id.str(),      n.resource,
            n.old_version, n.new_version,
            n.notified_ms};
}
/// The service did what the event asks for; after a rotation its registration names the new
/// version. Again: nothing. Errors: unauthorized (another instance's), those of the tables.
[[nodiscard]] inline result<void> finish(stored_key& key, caller const& by,
                                         lifecycle_event const& event, std::int64_t now_ms) {
    auto const at = std::ranges::find(key.notices, event.number, &stored_notice::number);
    if (at == key.notices.end()) return {};  // acknowledged before
    if (at->resource != event.resource_crn)
        return error{errc::unauthorized, "the event is of another instance"};
    CRYPTOPERIOD_TRY(auto notice, machine_of(*at));
    if (auto done = notice.send(acknowledge{now_ms}); !done) return done;
    auto const registered_at = key.registrations.find(at->resource);
    if (at->what == static_cast<std::uint8_t>(key_event::rotate) &&
        registered_at != key.registrations.end() &&
        at->new_version > registered_at->second.version) {
        auto one = machine_of(key, at->resource);
        update_registration const update{by.is_service, at->new_version,
                                         one.context().prevents_deletion};
        if (auto done = one.send(update); !done) return done;
        registered_at->second.version = one.context().version;
    }
    key.notices.erase(at);
    return {};
}
/// Notes who has not answered in time, each once, and adds them to `late`.
[[nodiscard]] inline result<void> note_late(key_id const& id, stored_key& key, std::int64_t now_ms,
                                            std::vector<lifecycle_event>& late) {
    for (auto& n : key.notices) {
        CRYPTOPERIOD_TRY(auto notice, machine_of(n));
        if (notice.process(run_out{now_ms}) != fsm::verdict::taken) continue;
        n.state = fsm::to_text(fsm::take_snapshot(notice));
        late.push_back(as_event(id, n));
    }
    return {};
}

}  // namespace cryptoperiod::kms::dependents
