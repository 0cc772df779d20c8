/// @file device_calls.hpp
/// The devices of an app: register, update, find, list, unregister, and what the providers report.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/device/document.hpp>
#include <cryptoperiod/device/registration.hpp>
#include <cryptoperiod/device/stored_device.hpp>
#include <cryptoperiod/instance/plan.hpp>
#include <cryptoperiod/service/admission.hpp>
#include <cryptoperiod/service/context.hpp>
#include <cryptoperiod/store/retry_on_conflict.hpp>
#include <cryptoperiod/store/sealed_records.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::service {

/// The places of an instance whose plan has a limited number of them. A device takes its place
/// before it is registered and leaves it after it is not, so there are never more devices than
/// places; what a crash leaves behind is a place without a device, which the sweep gives back.
struct stored_places {
    static constexpr std::string_view schema = "cryptoperiod push device places";
    static constexpr std::uint32_t schema_version = 1;

    struct place {
        std::int64_t since_ms = 0;
        std::uint64_t ticket = 0;  ///< of who took it last

        template <class Archive>
        void serialize(Archive& archive) {
            archive(since_ms, ticket);
        }
        friend bool operator==(place const&, place const&) = default;
    };
    std::map<std::string, place> taken;  ///< by deviceId

    template <class Archive>
    void serialize(Archive& archive) {
        archive(taken);
    }
};

/// Where the devices of instances lie.
inline constexpr std::string_view device_prefix = "push/device/";
inline constexpr std::string_view places_prefix = "push/places/";

/// Errors of every call: instance_not_found, instance_suspended, those of admit (token or
/// clientSecret) and of the store.
template <class Context>
class device_calls {
public:
    /// Errors: device_exists, device_limit (the plan), those of device::check.
    [[nodiscard]] result<device::stored_device> register_device(
        application_id const& app, device::device_document const& document, shown const& shows,
        std::string_view user_agent = {}) {
        CRYPTOPERIOD_TRY(auto const at, c_->load(app));
        CRYPTOPERIOD_TRY(auto const by, detail::admit(*c_, at, call::register_device, shows,
                                                      {.names_user = document.has_user()}));
        if (auto sound = device::check(document); !sound) return std::move(sound).error();
        auto const where = place_of(app, document.id);
        device::stored_device next{};
        next.keep(document);
        next.user_agent = device::kept_user_agent(user_agent);
        step_log steps;
        auto const saved = store::retry_on_conflict([&]() -> result<std::uint64_t> {
            steps = {};
            CRYPTOPERIOD_TRY(auto const there, devices_.load(where));
            CRYPTOPERIOD_TRY(auto machine, machine_of(there));
            auto done =
                steps.send(document.id.str(), machine, device::register_device{c_->now_ms()});
            if (!done) return std::move(done).error();
            if (auto place = take_place(at, document.id); !place) return std::move(place).error();
            next.keep(machine);
            return devices_.save(where, next, store::absent);
        });
        if (!saved) return saved.error();
        if (auto kept = keep_place(at, document.id, *saved); !kept) return std::move(kept).error();
        c_->tell(by, steps);
        return next;
    }
    /// Errors: device_not_found, those of device::updated.
    [[nodiscard]] result<device::stored_device> update_device(application_id const& app,
                                                              device::device_id const& id,
                                                              device::device_update const& update,
                                                              shown const& shows) {
        device::stored_device changed;
        auto done = change(
            app, id, call::update_device, update.names_user(), shows,
            [&](device::stored_device& kept, auto& machine, step_log& steps) -> result<void> {
                auto sent = steps.send(id.str(), machine, device::update_device{c_->now_ms()});
                if (!sent) return sent;
                CRYPTOPERIOD_TRY(auto document, kept.document());
                CRYPTOPERIOD_TRY(auto next, device::updated(std::move(document), update));
                kept.keep(std::move(next));
                kept.keep(machine);
                changed = kept;
                return {};
            });
        if (!done) return std::move(done).error();
        return changed;
    }
    /// Errors: device_not_found.
    [[nodiscard]] result<void> unregister_device(application_id const& app,
                                                 device::device_id const& id, shown const& shows) {
        return change(app, id, call::unregister_device, false, shows,
                      [&](device::stored_device&, auto& machine, step_log& steps) {
                          return steps.send(id.str(), machine, device::unregister_device{});
                      });
    }
    /// Errors: device_not_found.
    [[nodiscard]] result<device::stored_device> find_device(application_id const& app,
                                                            device::device_id const& id,
                                                            shown const& shows) {
        CRYPTOPERIOD_TRY(auto const at, c_->load(app));
        CRYPTOPERIOD_TRY(auto there, devices_.load(place_of(app, id)));
        auto const by = detail::admit(*c_, at, call::find_device, shows, facts_of(there, false));
        if (!by) return by.error();
        if (!there) return no_device(id);
        return std::move(there->record);
    }
    /// The devices after the id `after`, at most `limit` (up to 1,000); fewer: that is all.
    [[nodiscard]] result<std::vector<device::stored_device>> list_devices(
        application_id const& app, std::string_view token, std::string_view after = {},
        std::size_t limit = 100) {
        CRYPTOPERIOD_TRY(auto const at, detail::load_for(*c_, token, app));
        if (auto by = detail::admit(*c_, at, call::list_devices, {.token = token}); !by)
            return std::move(by).error();
        if (limit == 0 || limit > store::page_entries_max)
            return error{errc::out_of_range, "a page has 1 to 1,000 devices"};
        std::vector<device::stored_device> found;
        auto const prefix = concat(device_prefix, app.str(), "/");
        auto cursor = after.empty() ? std::string() : concat(prefix, after);
        while (found.size() < limit) {
            CRYPTOPERIOD_TRY(auto const page, devices_.list(prefix, cursor, limit - found.size()));
            for (auto const& entry : page.entries) {
                CRYPTOPERIOD_TRY(auto one, devices_.open(entry));
                found.push_back(std::move(one));
            }
            if (!page.next) break;
            cursor = *page.next;
        }
        return found;
    }
    /// What a provider (APNs, FCM) says of a token to which it was asked to deliver: it is of no
    /// device any more. A device that has another token by now stays. To be called by who sends
    /// messages; whether the device was there does not matter.
    [[nodiscard]] result<void> report_dead_token(application_id const& app,
                                                 device::device_id const& id,
                                                 std::string_view push_token) {
        CRYPTOPERIOD_TRY(auto const at, c_->load(app));
        CRYPTOPERIOD_TRY(auto const by, detail::serving(*c_, at, service_at(app)));
        auto const die = [&](device::stored_device& kept, auto& machine,
                             step_log& steps) -> result<void> {
            if (kept.token != push_token) return {};
            return steps.send(id.str(), machine, device::report_dead_token{});
        };
        return store::retry_on_conflict([&]() -> result<void> {
            CRYPTOPERIOD_TRY(auto there, devices_.load(place_of(app, id)));
            return change_once(at, id, by, std::move(there), die);
        });
    }

protected:
    explicit device_calls(Context& c)
        : c_(&c),
          devices_(c.template records_of<device::stored_device>()),
          places_(c.template records_of<stored_places>()) {}

    /// Erases all devices of an instance that is deleted. Again after a failure: goes on.
    [[nodiscard]] result<void> forget_devices(application_id const& app) {
        auto const prefix = concat(device_prefix, app.str(), "/");
        auto done = devices_.for_each_entry(prefix, [&](store::entry const& entry) -> result<void> {
            auto gone = devices_.erase(entry.key, entry.version);
            if (!gone && gone.error().code == errc::store_conflict) return {};
            if (!gone) return gone;
            return tell_of_erased(app, std::string_view(entry.key).substr(prefix.size()));
        });
        if (!done) return done;
        CRYPTOPERIOD_TRY(auto const places, places_.read(concat(places_prefix, app.str())));
        if (!places) return {};
        if (auto gone = places_.erase(places->key, places->version); !gone) return gone;
        c_->tell(service_at(app), erasure("device_places", app.str()));
        return {};
    }
    /// Gives back the places that have no device and were taken `age_ms` ago or longer, or as far
    /// ahead: the clock was set back.
    [[nodiscard]] result<void> give_back_places(application_id const& app, std::int64_t now_ms,
                                                std::int64_t age_ms) {
        CRYPTOPERIOD_TRY(auto const found, places_.load(concat(places_prefix, app.str())));
        if (!found) return {};
        for (auto const& [name, place] : found->record.taken) {
            if (std::abs(now_ms - place.since_ms) < age_ms) continue;
            CRYPTOPERIOD_TRY(auto const id, device::device_id::parse(name));
            CRYPTOPERIOD_TRY(auto const there, devices_.read(place_of(app, id)));
            if (there) continue;
            if (auto left = leave_place(app, id, place); !left) return left;
        }
        return {};
    }

private:
    using device_machine = device::registration_machine;
    using found_device = std::optional<store::versioned_record<device::stored_device>>;

    [[nodiscard]] static std::string place_of(application_id const& app,
                                              device::device_id const& id) {
        return concat(device_prefix, app.str(), "/", id.str());
    }
    [[nodiscard]] static error no_device(device::device_id const& id) {
        return {errc::device_not_found,
                concat("the device '", id.str(), "' is not registered; register it first")};
    }
    /// Of a device that was registered: only those are kept.
    [[nodiscard]] result<void> tell_of_erased(application_id const& app, std::string_view id) {
        device_machine machine;
        machine.set_state(device_machine::view::template state_id<device::registered>);
        step_log steps;
        auto done = steps.send(id, machine, device::unregister_device{});
        if (done) c_->tell(service_at(app), steps);
        return done;
    }
    [[nodiscard]] static result<device_machine> machine_of(found_device const& there) {
        if (!there) return device_machine();
        return there->record.machine();
    }
    [[nodiscard]] static device_facts facts_of(found_device const& there, bool names_user) {
        return {names_user, there && there->record.user != device::anonymous};
    }

    /// One event on a device that an app or a manager asks for. When somebody else was quicker, it
    /// is decided anew: the device may belong to a user by then.
    template <class Work>
    [[nodiscard]] result<void> change(application_id const& app, device::device_id const& id,
                                      call which, bool names_user, shown const& shows,
                                      Work const& work) {
        return store::retry_on_conflict([&]() -> result<void> {
            CRYPTOPERIOD_TRY(auto const at, c_->load(app));
            CRYPTOPERIOD_TRY(auto there, devices_.load(place_of(app, id)));
            CRYPTOPERIOD_TRY(auto const by,
                             detail::admit(*c_, at, which, shows, facts_of(there, names_user)));
            return change_once(at, id, by, std::move(there), work);
        });
    }
    /// Errors besides: store_conflict.
    template <class Work>
    [[nodiscard]] result<void> change_once(loaded_instance const& at, device::device_id const& id,
                                           actor const& by, found_device there, Work const& work) {
        CRYPTOPERIOD_TRY(auto machine, machine_of(there));
        auto const version = there ? there->version : store::absent;
        auto next = there ? std::move(there->record) : device::stored_device{};
        step_log steps;
        if (auto done = work(next, machine, steps); !done || steps.empty()) return done;
        auto stored = store_step(at, id, machine, next, version);
        if (stored) c_->tell(by, steps);
        return stored;
    }
    /// A registered device is kept, another one is not there.
    [[nodiscard]] result<void> store_step(loaded_instance const& at, device::device_id const& id,
                                          device_machine const& now_is,
                                          device::stored_device const& next,
                                          std::uint64_t version) {
        auto const where = place_of(at.app, id);
        if (now_is.template is<device::registered>()) {
            auto saved = devices_.save(where, next, version);
            if (!saved) return std::move(saved).error();
            return {};
        }
        if (version == store::absent) return {};
        CRYPTOPERIOD_TRY(auto const held, place_held(at, id));
        if (auto gone = devices_.erase(where, version); !gone) return gone;
        return held ? leave_place(at.app, id, *held) : result<void>();
    }

    // ---- places ---------------------------------------------------------------------------------

    [[nodiscard]] static bool has_places(loaded_instance const& at) noexcept {
        return instance::limits_of(at.kept.on).devices != std::numeric_limits<std::uint64_t>::max();
    }
    /// Changes the places of an app; writes only what has changed.
    template <class Work>
    [[nodiscard]] result<void> change_places(application_id const& app, Work const& work) {
        auto const where = concat(places_prefix, app.str());
        return store::retry_on_conflict([&]() -> result<void> {
            CRYPTOPERIOD_TRY(auto found, places_.load(where));
            auto places = found ? std::move(found->record) : stored_places();
            auto const before = places.taken;
            if (auto done = work(places); !done) return done;
            if (places.taken == before) return {};
            auto const saved = places_.save(where, places, found ? found->version : store::absent);
            return saved ? result<void>() : result<void>(saved.error());
        });
    }
    /// Errors: device_limit.
    [[nodiscard]] result<void> take_place(loaded_instance const& at, device::device_id const& id) {
        if (!has_places(at)) return {};
        auto const& plan = instance::limits_of(at.kept.on);
        CRYPTOPERIOD_TRY(auto const ticket, crypto::random_bytes<8>(c_->entropy()));
        std::uint64_t number = 0;
        for (auto const byte : ticket) number = number << 8U | std::to_integer<std::uint64_t>(byte);
        return change_places(at.app, [&](stored_places& places) -> result<void> {
            if (!places.taken.contains(id.str()) && places.taken.size() >= plan.devices)
                return error{
                    errc::device_limit,
                    concat("the plan ", plan.name, " has room for ", thousands(plan.devices),
                           " devices; unregister some, or upgrade the instance")};
            places.taken[id.str()] = {c_->now_ms(), number};
            return {};
        });
    }
    /// Of a device that has come: whoever took it off before it came, by the same id, may have left
    /// the place that it took, or may be about to. So it is taken anew. Errors: device_limit, and
    /// the device is not registered any more.
    [[nodiscard]] result<void> keep_place(loaded_instance const& at, device::device_id const& id,
                                          std::uint64_t version) {
        auto kept = take_place(at, id);
        if (!kept && kept.error().code == errc::device_limit)
            if (auto gone = devices_.erase(place_of(at.app, id), version);
                !gone && gone.error().code != errc::store_conflict)
                return gone;
        return kept;
    }
    [[nodiscard]] result<std::optional<stored_places::place>> place_held(
        loaded_instance const& at, device::device_id const& id) {
        std::optional<stored_places::place> held;
        if (!has_places(at)) return held;
        CRYPTOPERIOD_TRY(auto const found, places_.load(concat(places_prefix, at.app.str())));
        if (!found) return held;
        if (auto const place = found->record.taken.find(id.str());
            place != found->record.taken.end())
            held = place->second;
        return held;
    }
    /// Leaves the place that was held so; one that was taken anew meanwhile stays.
    [[nodiscard]] result<void> leave_place(application_id const& app, device::device_id const& id,
                                           stored_places::place const& held) {
        return change_places(app, [&](stored_places& places) -> result<void> {
            auto const at = places.taken.find(id.str());
            if (at != places.taken.end() && at->second == held) places.taken.erase(at);
            return {};
        });
    }

    Context* c_;
    typename Context::template records<device::stored_device> devices_;
    typename Context::template records<stored_places> places_;
};

}  // namespace cryptoperiod::service
