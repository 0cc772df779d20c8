/// @file client_secret.hpp
/// Who has to show the clientSecret, for which call: one table, {call} x {new app, existing app} x
/// {verification on, off} x {with a userId, without}. Source: seed "Security in push
/// notifications". Its claims contradict each other; which one holds is a policy, and every
/// decision says which reading it comes from.
#pragma once

#include <array>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cryptoperiod::device {

/// What apps on devices and in browsers call. Source: IBM push, documentation of its API.
enum class client_call : std::uint8_t {
    register_device,
    update_device,
    unregister_device,
    look_up_device,
    read_public_settings,
    report_message_status,
    subscribe,
    unsubscribe,
    list_subscriptions,
    list_tags,
    fetch_credential_sets,  ///< ours: credential sets supplied from the server
};
/// A row of the table.
struct client_call_row {
    std::string_view name;  ///< "to ... takes the clientSecret"
    bool binds_a_user;      ///< also where verification is off: when the call has a userId
};
/// The table, by client_call. Of its other columns, new app and verification on, every cell is:
/// yes.
inline constexpr std::array client_call_table{
    client_call_row{"register a device", true},
    client_call_row{"update a device", true},
    client_call_row{"unregister a device", false},
    client_call_row{"look up a device", false},
    client_call_row{"read public settings", false},
    client_call_row{"report a message status", false},
    client_call_row{"subscribe", false},
    client_call_row{"unsubscribe", false},
    client_call_row{"list subscriptions", false},
    client_call_row{"list tags", false},
    client_call_row{"fetch credential sets", false},
};
inline constexpr std::size_t client_calls = client_call_table.size();

[[nodiscard]] constexpr client_call_row const& row_of(client_call call) noexcept {
    return client_call_table[static_cast<std::size_t>(call)];
}

/// What an app is from its creation on; its age changes nothing.
enum class app_kind : std::uint8_t {
    created_enforced,  ///< "new": made since clientSecret is enforced by default
    created_before,    ///< "existing"
};

/// Which of the seed's claims about new apps holds.
enum class reading : std::uint8_t {
    strict,   ///< "enforced on all client API calls and ... cannot be changed with
              ///< verifyClientSecret"
    lenient,  ///< "both existing and new apps are allowed to enable or disable" it
};
[[nodiscard]] constexpr std::string_view to_string(reading r) noexcept {
    return r == reading::strict ? "strict" : "lenient";
}

/// What of the clientSecret is left to the service. The defaults protect.
struct client_secret_policy {
    reading of_new_apps = reading::strict;
    /// An update that names no userId, of a device that has one, needs the secret like one that
    /// names it. *Assumption*: the seed does not say.
    bool protects_bound_devices = true;
    /// A secret that is shown where none is needed is checked. *Assumption*: the seed says
    /// "optionally", which is read as: it may be sent.
    bool checks_what_is_shown = false;
};

/// What an app has to do with the clientSecret.
struct app_security {
    app_kind kind = app_kind::created_enforced;
    bool verification = true;  ///< what verifyClientSecret has set; on in new apps

    friend constexpr bool operator==(app_security const&, app_security const&) = default;
};

/// Of one call.
struct call_facts {
    client_call call{};
    bool names_user = false;       ///< it has a userId
    bool device_has_user = false;  ///< the device that it is about is bound to one
};

/// Whether the call has to show the secret.
[[nodiscard]] constexpr bool needs_client_secret(app_security const& app, call_facts const& facts,
                                                 client_secret_policy const& policy = {}) noexcept {
    bool const fixed =
        app.kind == app_kind::created_enforced && policy.of_new_apps == reading::strict;
    if (fixed || app.verification) return true;
    return row_of(facts.call).binds_a_user &&
           (facts.names_user || (policy.protects_bound_devices && facts.device_has_user));
}

/// What the call has shown.
enum class shown_secret : std::uint8_t { none, wrong, right };

/// Lets the call pass or not. Errors: client_secret_required (none was shown, or a wrong one: a
/// caller cannot tell which apps have none).
[[nodiscard]] inline result<void> admit(app_security const& app, call_facts const& facts,
                                        shown_secret shown,
                                        client_secret_policy const& policy = {}) {
    bool const needed = needs_client_secret(app, facts, policy);
    bool const checked = needed || (policy.checks_what_is_shown && shown != shown_secret::none);
    if (!checked || shown == shown_secret::right) return {};
    std::string_view why = "verification is on for this app";
    if (app.kind == app_kind::created_enforced && policy.of_new_apps == reading::strict)
        why =
            "every client call of a new app shows it, whatever verifyClientSecret says (strict "
            "reading)";
    else if (!needed)
        why = "what is shown must be right";
    else if (!app.verification)
        why = "it binds a device to a userId";
    return error{errc::client_secret_required, concat("to ", row_of(facts.call).name,
                                                      " takes the clientSecret in the header of "
                                                      "that name: ",
                                                      why)};
}

/// verifyClientSecret. Errors: client_secret_enforced (a new app under the strict reading; turning
/// it on there is no error and no change).
[[nodiscard]] inline result<app_security> verify_client_secret(
    app_security app, bool on, client_secret_policy const& policy = {}) {
    if (app.kind == app_kind::created_enforced && policy.of_new_apps == reading::strict) {
        if (on) return app;
        return error{errc::client_secret_enforced,
                     "the app is a new one: its clientSecret is enforced on every client call and "
                     "verifyClientSecret cannot change that (strict reading; the lenient one is a "
                     "policy of the service)"};
    }
    app.verification = on;
    return app;
}

}  // namespace cryptoperiod::device
