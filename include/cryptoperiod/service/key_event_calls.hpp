/// @file key_event_calls.hpp
/// What an instance with a root key of the customer's owes to key management: it rewraps after a
/// rotation, stops serving when the key is disabled or deleted, serves again when it is back, and
/// says so within four hours. Source: Key Protect, contract of services that depend on a key.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/instance/provisioning.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/service/context.hpp>
#include <cryptoperiod/vault/vault.hpp>
#include <cstdint>
#include <optional>
#include <vector>

namespace cryptoperiod::service {

/// What `obey_key_events` has found and done.
struct obeyed {
    std::uint64_t instances = 0;  ///< with a root key of their own
    std::uint64_t rewrapped = 0;  ///< records, after rotations
    std::uint64_t suspended = 0, resumed = 0;
    std::uint64_t acknowledged = 0, conflicts = 0;  ///< events
    std::uint64_t failed = 0;                       ///< instances that could not be looked after
    std::optional<error> last_failure;              ///< of those
};

template <class Context, class Instances>
class key_event_calls : public Instances {
public:
    /// To be called every few minutes, by one service or by several: asks key management about the
    /// root key of each instance and obeys. Until it has been called, what is in the cache of data
    /// keys opens for its age. A key that is at work again is noticed without an event, too: a key
    /// that was deleted by force and restored has no registration to send one to; the instance is
    /// then registered anew. Errors: those of the store's list.
    [[nodiscard]] result<obeyed> obey_key_events() {
        obeyed out;
        c_->vault().tend();
        auto const fail = [&](error const& e) {
            ++out.failed;
            out.last_failure = e;
        };
        auto const done = this->for_each_instance(
            [&](loaded_instance const& at) {
                if (!at.kept.record.own_key) return;
                ++out.instances;
                if (auto looked = look_after_key(at, out); !looked) fail(looked.error());
            },
            fail);
        if (!done) return done.error();
        return out;
    }

protected:
    explicit key_event_calls(Context& c) : Instances(c), c_(&c) {}

private:
    /// What is at hand while an instance is looked after.
    struct following {
        loaded_instance at;
        kms::key_id root;
        shared_token who;
    };

    [[nodiscard]] result<void> look_after_key(loaded_instance const& at, obeyed& out) {
        CRYPTOPERIOD_TRY(auto const machine, at.kept.machine());
        bool const is_suspended = machine.accepts(instance::regain_key{});
        if (!is_suspended && !machine.accepts(instance::lose_key{})) return {};
        CRYPTOPERIOD_TRY(auto const root, at.kept.root_key_id());
        auto const who = c_->token_for(at);
        if (!who) {
            // Without the authorization nobody can see what became of the key.
            if (who.error().code == errc::unauthorized)
                if (auto done = stop({at, root, nullptr}, out); !done) return done;
            return who.error();
        }
        following const f{at, root, *who};
        auto events = c_->kms().events_for(**who, root, at.name);
        if (!events && events.error().code == errc::unauthorized)
            if (auto done = stop(f, out); !done) return done;
        if (!events && events.error().code != errc::key_not_found) return events.error();
        if (events) {
            std::ranges::sort(*events, {}, &kms::lifecycle_event::number);
            for (auto const& event : *events)
                if (auto done = obey(f, event, out); !done) return done;
        }
        return probe(f, is_suspended, out);
    }
    [[nodiscard]] result<void> obey(following const& f, kms::lifecycle_event const& event,
                                    obeyed& out) {
        switch (event.what) {
            case kms::key_event::rotate:
                return rewrap(f, event, out);
            case kms::key_event::disable:
                if (auto done = stop(f, out); !done) return done;
                break;
            case kms::key_event::remove:
                if (auto done = stop(f, out); !done) return done;
                if (auto gone = shred_if_asked(f); !gone) return gone;
                break;
            case kms::key_event::enable:
            case kms::key_event::restore:
                break;  // the probe below sees whether the key is at work
        }
        return acknowledge(f, event, out);
    }
    /// The event is acknowledged when all is rewrapped, twice; what cannot be is a conflict, which
    /// the customer is told of.
    [[nodiscard]] result<void> rewrap(following const& f, kms::lifecycle_event const& event,
                                      obeyed& out) {
        vault::rewrap_options options;
        options.instance = f.at.name;
        CRYPTOPERIOD_TRY(auto const progress, c_->vault().rewrap(*f.who, options));
        out.rewrapped += progress.rewrapped;
        if (progress.finished && progress.failed == 0) return rewrapped(f, event, out);
        if (progress.finished) {
            ++out.conflicts;
            return c_->kms().report_conflict(*f.who, event);
        }
        // Key management does not answer or refuses: the event stays open for the next time.
        return {};
    }
    /// Others may seal with a data key of before for as long as a cache keeps one: only what is
    /// found rewrapped again after that time is under the new version for good.
    [[nodiscard]] result<void> rewrapped(following const& f, kms::lifecycle_event const& event,
                                         obeyed& out) {
        CRYPTOPERIOD_TRY(auto const now_is, c_->load(f.at.app));
        if (now_is.kept.rewrapped_event == event.number &&
            c_->now_ms() - now_is.kept.rewrapped_ms >= c_->options().cache.age_ms)
            return acknowledge(f, event, out);
        if (now_is.kept.rewrapped_event == event.number) return {};
        auto const noted =
            c_->change(f.at.app, the_service, [&](loaded_instance& now, step_log&) -> result<void> {
                now.kept.rewrapped_event = event.number;
                now.kept.rewrapped_ms = c_->now_ms();
                return {};
            });
        return noted ? result<void>() : result<void>(noted.error());
    }
    [[nodiscard]] result<void> acknowledge(following const& f, kms::lifecycle_event const& event,
                                           obeyed& out) {
        auto done = c_->kms().acknowledge(*f.who, event);
        if (done) ++out.acknowledged;
        return done;
    }

    /// Whether the key is at work, asked of the key itself.
    [[nodiscard]] result<void> probe(following const& f, bool was_suspended, obeyed& out) {
        CRYPTOPERIOD_TRY(auto const now, c_->load(f.at.app));
        CRYPTOPERIOD_TRY(auto const machine, now.kept.machine());
        auto const answer = c_->kms().wrap_new(*f.who, f.root, bytes_of(now.kept.name));
        if (!answer && is_deleted(answer.error().code))
            if (auto gone = shred_if_asked(f); !gone) return gone;
        if (!answer && is_lost(answer.error().code)) return stop(f, out);
        // A key that has expired opens and no longer seals: settings can still be read. The states
        // of keys that do neither have codes of their own.
        bool const works = answer || answer.error().code == errc::key_state_refused;
        if (!works) return answer.error();
        if (!was_suspended && !machine.accepts(instance::regain_key{})) return {};
        return resume(f, out);
    }
    [[nodiscard]] static bool is_deleted(errc code) noexcept {
        return code == errc::key_destroyed || code == errc::key_deleted;
    }
    [[nodiscard]] static bool is_lost(errc code) noexcept {
        return is_deleted(code) || code == errc::key_disabled || code == errc::key_not_found ||
               code == errc::unauthorized;
    }
    /// Again at every pass while the key is deleted: a call that was let in before, here or in
    /// another process with the data key at hand, may store something after the first time.
    [[nodiscard]] result<void> shred_if_asked(following const& f) {
        if (c_->options().key_deletion != after_key_deletion::shred) return {};
        return c_->shred(f.at);
    }
    /// Serves nothing from now on. Again: nothing happens.
    [[nodiscard]] result<void> stop(following const& f, obeyed& out) {
        c_->vault().revoke(f.root);
        return send_if_accepted(f, instance::lose_key{c_->now_ms()}, out.suspended);
    }
    [[nodiscard]] result<void> resume(following const& f, obeyed& out) {
        auto const registered = c_->kms().register_service(*f.who, f.root, f.at.name);
        if (!registered) return registered.error();
        return send_if_accepted(f, instance::regain_key{c_->now_ms()}, out.resumed);
    }
    template <class Event>
    [[nodiscard]] result<void> send_if_accepted(following const& f, Event const& event,
                                                std::uint64_t& count) {
        CRYPTOPERIOD_TRY(auto const before, c_->load(f.at.app));
        if (!before.machine.accepts(event)) return {};
        bool changes = false;
        auto const done = c_->change(
            f.at.app, the_service, [&](loaded_instance& now, step_log& steps) -> result<void> {
                CRYPTOPERIOD_TRY(auto machine, now.kept.machine());
                changes = machine.accepts(event);
                if (!changes) return {};
                if (auto sent = steps.send(now.app.str(), machine, event); !sent) return sent;
                now.kept.keep(machine);
                return {};
            });
        if (!done) return done.error();
        count += changes;
        return {};
    }

    Context* c_;
};

}  // namespace cryptoperiod::service
