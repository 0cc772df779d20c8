/// @file audit.hpp
/// What the push service tells whoever keeps its log: every decision, every transition, and every
/// record that is erased. No entry has a secret, a token or a device's push token. Source: IBM
/// push, events of the Activity Tracker.
#pragma once

#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cryptoperiod::service {

/// Whether a call may go on.
struct audited_decision {
    std::string call;  ///< "imfpush.devices.register"
    bool allowed = false;
    errc code{};         ///< of a refusal
    std::string reason;  ///< of a refusal; of what is allowed: the id of the policy, or none
};
/// A step of a table that has been stored. What no table has is `kept`, then `erased`.
struct audited_transition {
    std::string machine;  ///< name of the table
    std::string subject;  ///< which one: the key of a credential set, an instance or device id
    std::string from, event, to;
};
/// Entries of one call come in their order, those of several threads as they are made.
struct audit_entry {
    std::int64_t at_ms = 0;
    /// iam_id; "app" for a clientSecret, "credential set ..." for what is signed or presented,
    /// "service" for its own acts; "unknown"
    std::string who;
    std::string instance;  ///< applicationId; empty before there is one
    std::variant<audited_decision, audited_transition> what;
};
/// Called from the thread of the call, without any lock held. It must not throw.
using audit_callback = std::function<void(audit_entry const&)>;

/// An entry as one line: for logs of people.
[[nodiscard]] inline std::string to_string(audit_entry const& entry) {
    auto const head = concat(std::to_string(entry.at_ms), " ", entry.who, " ",
                             entry.instance.empty() ? "-" : entry.instance, " ");
    if (auto const* decision = std::get_if<audited_decision>(&entry.what))
        return concat(head, decision->call, decision->allowed ? " allowed" : " refused ",
                      decision->allowed ? std::string_view() : to_string(decision->code),
                      decision->reason.empty() ? "" : ": ", decision->reason);
    auto const& step = std::get<audited_transition>(entry.what);
    return concat(head, step.machine, " ", step.subject, ": ", step.from, " --", step.event, "--> ",
                  step.to);
}

/// The first step of what begins its life: none of a table, it comes before.
template <class Machine>
[[nodiscard]] audited_transition creation(std::string_view subject, Machine const& machine) {
    return {std::string(Machine::definition::name), std::string(subject), "none", "create",
            std::string(machine.state_name())};
}
/// The only step of a record that has no table. `kind` stands for the table.
[[nodiscard]] inline audited_transition erasure(std::string_view kind, std::string_view subject) {
    return {std::string(kind), std::string(subject), "kept", "erase", "erased"};
}

/// The steps of one call, which are told when they have been stored, or forgotten.
class step_log {
public:
    /// Sends an event to a machine and notes the step. Errors: those of the table.
    template <class Machine, class Event>
    auto send(std::string_view subject, Machine& machine, Event const& event) {
        std::string from(machine.state_name());
        auto done = machine.send(event);
        if (done)
            steps_.push_back(
                {std::string(Machine::definition::name), std::string(subject), std::move(from),
                 std::string(Machine::view::event_name(Machine::view::template event_id<Event>)),
                 std::string(machine.state_name())});
        return done;
    }
    /// Notes a step that an event has made of a machine of its own.
    template <class Table, class Event>
    void note(std::string subject, std::string from, Event const&, std::string to) {
        using view = fsm::table_view<Table>;
        steps_.push_back({std::string(Table::name), std::move(subject), std::move(from),
                          std::string(view::event_name(view::template event_id<Event>)),
                          std::move(to)});
    }
    /// Notes a step that somebody else has made.
    void note(audited_transition step) { steps_.push_back(std::move(step)); }
    [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }
    /// The steps so far; then there are none.
    [[nodiscard]] std::vector<audited_transition> take() { return std::exchange(steps_, {}); }

private:
    std::vector<audited_transition> steps_;
};

}  // namespace cryptoperiod::service
