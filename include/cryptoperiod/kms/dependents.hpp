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
#include <utility>
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

/// Registers `resource`; again: the same, but whether it prevents the deletion is what is said now.
/// Errors: registration_*, those of the key's table; limit_reached.
[[nodiscard]] inline result<void> add(stored_key& key, key_machine& machine, caller const& by,
                                      std::string const& resource, bool prevents_deletion) {
    auto one = machine_of(key, resource);
    auto const before = one.context();
    bool const known = one.template is<registered>();
    register_service const event{by.is_service, machine.context().versions, prevents_deletion};
    if (auto done = one.send(event); !done) return done;
    if (known) {
        if (before.prevents_deletion == prevents_deletion) return {};
        update_registration const update{by.is_service, before.version, prevents_deletion};
        if (auto done = one.send(update); !done) return done;
        if (auto off = machine.send(detach{before.prevents_deletion}); !off) return off;
    } else if (!has_room(key,
                         bytes_of_registration(resource) + versions_reserved * bytes_of_version)) {
        return books_full(key);
    }
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

/// Every registered service is told what happened; `new_version` of a rotation, 0 of all else. Of
/// each kind it owes one answer, to the last: a rotation after a rotation counts from the first
/// one's old version and time.
inline void tell(stored_key& key, key_event what, std::int64_t now_ms,
                 std::uint32_t new_version = 0) {
    for (auto const& [resource, registration] : key.registrations) {
        notice_machine notice;
        auto const sent = notice.process(notify{now_ms});
        CRYPTOPERIOD_ASSERT(sent == fsm::verdict::taken);
        stored_notice next{++key.events,
                           static_cast<std::uint8_t>(what),
                           resource,
                           registration.version,
                           new_version == 0 ? registration.version : new_version,
                           now_ms,
                           fsm::to_text(fsm::take_snapshot(notice))};
        auto const before = std::ranges::find_if(key.notices, [&](stored_notice const& n) {
            return n.resource == next.resource && n.what == next.what;
        });
        if (before != key.notices.end()) {
            next.notified_ms = before->notified_ms;
            next.state = before->state;
            key.notices.erase(before);
        }
        key.notices.push_back(std::move(next));
    }
}
/// The key is deleted by force: nobody depends on it any more. Their notices stay, for they have to
/// act on the deletion.
inline void drop_all(stored_key& key) {
    for (auto const& [resource, registration] : key.registrations) {
        auto one = machine_of(key, resource);
        auto const dropped = one.process(drop_registration{});
        CRYPTOPERIOD_ASSERT(dropped == fsm::verdict::taken);
    }
    key.registrations.clear();
}
/// Errors: those of the snapshot.
[[nodiscard]] inline result<lifecycle_event> as_event(key_id const& id, stored_notice const& n) {
    CRYPTOPERIOD_TRY(auto const machine, machine_of(n));
    std::uint16_t const reason = machine.template is<late>() ? http_status(errc::event_timeout)
                                 : machine.template is<conflicting>()
                                     ? http_status(errc::event_conflict)
                                     : std::uint16_t{0};
    return lifecycle_event{n.number,      static_cast<key_event>(n.what),
                           id.str(),      n.resource,
                           n.old_version, n.new_version,
                           n.notified_ms, reason};
}
/// The open notice that the event is of; none when it was finished before. Errors: unauthorized
/// (not a service, another instance's), registration_not_found (there was no such event).
[[nodiscard]] inline result<stored_notice*> notice_of(stored_key& key, caller const& by,
                                                      lifecycle_event const& event) {
    if (!by.is_service)
        return error{errc::unauthorized, "events are answered by the registered service"};
    if (event.number == 0 || event.number > key.events)
        return error{errc::registration_not_found,
                     concat("the key has sent no event ", std::to_string(event.number))};
    auto const at = std::ranges::find(key.notices, event.number, &stored_notice::number);
    if (at == key.notices.end()) return nullptr;
    if (at->resource != event.resource_crn)
        return error{errc::unauthorized, "the event is of another instance"};
    return &*at;
}
/// The service did what the event asks for; after a rotation its registration names the new
/// version. Again: nothing. Errors: unauthorized (another instance's), those of the tables.
[[nodiscard]] inline result<void> finish(stored_key& key, caller const& by,
                                         lifecycle_event const& event, std::int64_t now_ms) {
    CRYPTOPERIOD_TRY(auto* const at, notice_of(key, by, event));
    if (at == nullptr) return {};
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
    key.notices.erase(key.notices.begin() + (at - key.notices.data()));
    return {};
}
/// The service says that it cannot: the customer is told, and the notice stays open. Again: the
/// same. Errors: as finish.
[[nodiscard]] inline result<void> contest(stored_key& key, caller const& by,
                                          lifecycle_event const& event, std::int64_t now_ms) {
    CRYPTOPERIOD_TRY(auto* const at, notice_of(key, by, event));
    if (at == nullptr) return {};
    CRYPTOPERIOD_TRY(auto notice, machine_of(*at));
    if (notice.template is<conflicting>()) return {};
    if (auto done = notice.send(report_conflict{now_ms}); !done) return done;
    at->state = fsm::to_text(fsm::take_snapshot(notice));
    return {};
}
/// Whoever has not answered is told again, and has its time anew. Errors: too_early (an hour after
/// the last time), of the first that cannot be told.
[[nodiscard]] inline result<void> tell_again(stored_key& key, std::int64_t now_ms) {
    for (auto& n : key.notices) {
        CRYPTOPERIOD_TRY(auto notice, machine_of(n));
        if (auto done = notice.send(notify{now_ms}); !done) return done;
        n.notified_ms = now_ms;
        n.state = fsm::to_text(fsm::take_snapshot(notice));
    }
    return {};
}
/// Notes who has not answered in time, and adds to `late` whoever is late or in conflict, until the
/// answer comes. Returns whether there is somebody new among them.
[[nodiscard]] inline result<bool> note_late(key_id const& id, stored_key& key, std::int64_t now_ms,
                                            std::vector<lifecycle_event>& late) {
    bool any = false;
    for (auto& n : key.notices) {
        CRYPTOPERIOD_TRY(auto notice, machine_of(n));
        if (notice.process(run_out{now_ms}) == fsm::verdict::taken) {
            n.state = fsm::to_text(fsm::take_snapshot(notice));
            any = true;
        }
        CRYPTOPERIOD_TRY(auto event, as_event(id, n));
        if (event.reason != 0) late.push_back(std::move(event));
    }
    return any;
}

}  // namespace cryptoperiod::kms::dependents
