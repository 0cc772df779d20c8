/// @file stored_device.hpp
/// All that a service remembers about a device, as one record.
#pragma once

#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/device/document.hpp>
#include <cryptoperiod/device/registration.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/fsm/snapshot.hpp>
#include <cryptoperiod/store/record.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod::device {

using registration_machine = fsm::compact_machine<registration>;

struct stored_device {
    static constexpr std::string_view schema = "cryptoperiod device";
    static constexpr std::uint32_t schema_version = 1;

    std::string state;  ///< a snapshot of the table `registration`
    registration_record times;
    std::string id, token, platform_name, user;
    std::map<std::string, std::string, std::less<>> variables;
    bool vapid = false;
    std::string user_agent;  ///< as kept_user_agent gives it; of the call that registered it

    template <class Archive>
    void serialize(Archive& archive) {
        archive(state, times.created_ms, times.updated_ms, id, token, platform_name, user,
                variables, vapid, user_agent);
    }
    [[nodiscard]] result<void> validate() const {
        if (times.created_ms > times.updated_ms)
            return error{errc::inconsistent, "it was updated before it was created"};
        if (user_agent != kept_user_agent(user_agent))
            return error{errc::malformed, "its user agent is not one that is kept"};
        return {};  // state and document are read below, when they are asked for
    }

    /// Errors: those of parse_snapshot and restore.
    [[nodiscard]] result<registration_machine> machine() const {
        CRYPTOPERIOD_TRY(auto const written, fsm::parse_snapshot(state));
        CRYPTOPERIOD_TRY(auto const found, fsm::restore<registration>(written));
        return registration_machine(times, found.state);
    }
    void keep(registration_machine const& machine) {
        state = fsm::to_text(fsm::take_snapshot(machine));
        times = machine.context();
    }
    /// Errors: those of check, of a deviceId and of a platform.
    [[nodiscard]] result<device_document> document() const {
        CRYPTOPERIOD_TRY(auto named, device_id::parse(id));
        CRYPTOPERIOD_TRY(auto const on, parse_platform(platform_name));
        device_document out{std::move(named), token, on, user, variables, vapid};
        if (auto sound = check(out); !sound) return std::move(sound).error();
        return out;
    }
    void keep(device_document document) {
        id = document.id.str();
        token = std::move(document.token);
        platform_name = to_string(document.on);
        user = std::move(document.user);
        variables = std::move(document.variables);
        vapid = document.vapid;
    }
};

/// The answer to all calls that concern one device. Errors: as stored_device::document; malformed
/// (not UTF-8).
[[nodiscard]] inline result<std::string> to_json(stored_device const& device) {
    CRYPTOPERIOD_TRY(auto const document, device.document());
    return to_json(document, device.times.created_ms, device.times.updated_ms, device.user_agent);
}

}  // namespace cryptoperiod::device
