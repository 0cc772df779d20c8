#include <fmt/format.h>

#include <cryptoperiod/core/suggest.hpp>
#include <cryptoperiod/credentials/credential_set.hpp>
#include <cryptoperiod/credentials/rotation.hpp>
#include <cryptoperiod/device/registration.hpp>
#include <cryptoperiod/fsm/diagram.hpp>
#include <cryptoperiod/iam/api_key_life.hpp>
#include <cryptoperiod/instance/provisioning.hpp>
#include <cryptoperiod/kms/key.hpp>
#include <cryptoperiod/kms/registration.hpp>

#include "commands.hpp"
#include "output/json.hpp"
#include "output/standard_output.hpp"
#include "output/table.hpp"

namespace cryptoperiod::command {
namespace {

/// A machine that can be drawn; the pictures in the order of diagram_formats.
struct machine {
    output::machine_listing listing;
    std::array<std::string (*)(), diagram_formats.size()> pictures;
};

template <class Definition>
machine machine_of() {
    using view = fsm::table_view<Definition>;
    return {{Definition::name,
             {view::state_names.begin(), view::state_names.end()},
             {view::event_names.begin(), view::event_names.end()},
             view::row_count},
            {&fsm::mermaid<Definition>, &fsm::dot<Definition>, &fsm::markdown<Definition>}};
}

std::vector<machine> const& machines() {
    static std::vector<machine> const all{machine_of<kms::key>(),
                                          machine_of<kms::registration>(),
                                          machine_of<kms::notice>(),
                                          machine_of<iam::api_key::table>(),
                                          machine_of<instance::provisioning>(),
                                          machine_of<device::registration>(),
                                          machine_of<credentials::credential_set>(),
                                          machine_of<credentials::rotation>()};
    return all;
}

std::string list(session const& call) {
    std::vector<output::machine_listing> listings;
    for (auto const& one : machines()) listings.push_back(one.listing);
    if (call.asked.json) return output::machines_json(listings);
    using side = output::table::side;
    output::table lines({side::left, side::left, side::left});
    for (auto const& one : listings)
        lines.add({std::string(one.name), output::counted(one.transitions, "transition"),
                   fmt::format("{}", fmt::join(one.states, ", "))});
    return fmt::format("{}\nNext: cryptoperiod diagram {}\n", lines.to_text(call.out),
                       listings.back().name);
}

}  // namespace

exit_code diagram(session const& call) {
    auto const& asked = call.asked;
    if (asked.machine.empty()) {
        output::write_out(list(call));
        return exit_code::done;
    }
    std::vector<std::string_view> names;
    for (auto const& one : machines()) {
        names.push_back(one.listing.name);
        if (one.listing.name != asked.machine) continue;
        auto const picture = one.pictures[asked.diagram_format]();
        output::write_out(asked.json
                              ? output::diagram_json(asked.machine,
                                                     diagram_formats[asked.diagram_format], picture)
                              : picture);
        return exit_code::done;
    }
    auto const guess = did_you_mean(asked.machine, names);
    complain(call, fmt::format("diagram: there is no machine '{}'", asked.machine),
             fmt::format("{}{}choose one of: {}", guess, guess.empty() ? "" : " ",
                         fmt::join(names, ", ")));
    return exit_code::wrong_input;
}

}  // namespace cryptoperiod::command
