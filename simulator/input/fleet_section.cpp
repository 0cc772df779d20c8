#include <fmt/format.h>

#include <cryptoperiod/core/suggest.hpp>
#include <cryptoperiod/fleet/adoption.hpp>

#include "sections.hpp"
#include "shares_csv.hpp"

namespace cryptoperiod::input {
namespace {

void read_mixture(toml_table& entry, fleet::scenario& into) {
    fleet::adoption_law law;
    law.w_prompt = 0;
    entry.read("onset", as_duration, law.onset);
    entry.read("tau_prompt", as_duration, law.tau_prompt, need::required);
    entry.read("tau_laggard", as_duration, law.tau_laggard);
    entry.read("w_prompt", as_share, law.w_prompt, need::required);
    entry.read("w_laggard", as_share, law.w_laggard);
    entry.read("w_never", as_share, law.w_never);
    into.update_law = law;
}

void read_weibull(toml_table& entry, fleet::scenario& into) {
    fleet::weibull_law law;
    entry.read("onset", as_duration, law.onset);
    entry.read("scale", as_duration, law.scale, need::required);
    entry.read("shape", as_number, law.shape, need::required);
    entry.read("w_never", as_share, law.w_never);
    into.update_law = law;
}

/// The keys tell which of the two laws is meant.
void read_law(toml_table& fleet, toml::table const& table, fleet::scenario& into) {
    toml_table entry(table, fleet.path_of("adoption"), "adoption", fleet.state());
    if (table.contains("scale") || table.contains("shape"))
        read_weibull(entry, into);
    else
        read_mixture(entry, into);
    entry.finish();
    into.adoption_name = "a law of its own";
}

void read_named_adoption(toml_table& fleet, toml::node const& node, std::string const& name,
                         std::filesystem::path const& folder, fleet::scenario& into) {
    into.adoption_name = name;
    if (auto const* preset = fleet::find_adoption_preset(name)) {
        into.update_law = preset->law;
        return;
    }
    if (name.ends_with(".csv")) {
        auto shares = read_shares(folder / name, place_of(node.source()), fleet.state());
        if (shares)
            into.update_law = *std::move(shares);
        else
            fleet.state().unread.push_back(fleet.path_of("adoption"));
        return;
    }
    std::vector<std::string_view> names;
    for (auto const& preset : fleet::adoption_presets) names.push_back(preset.name);
    auto help = did_you_mean(name, names);
    if (help.empty()) help = fmt::format("presets: {}; or a .csv file", fmt::join(names, ", "));
    fleet.refuse("adoption", node,
                 {errc::unknown_name, fmt::format("unknown adoption preset '{}'", name), help});
}

void read_adoption(toml_table& fleet, std::filesystem::path const& folder, fleet::scenario& into) {
    // Unknown until read; harmless to what is judged without it.
    into.update_law = fleet::find_adoption_preset("store")->law;
    auto const* node = fleet.find("adoption", need::required);
    if (node == nullptr) return;
    if (auto const* table = node->as_table()) return read_law(fleet, *table, into);
    if (auto const* name = node->as_string())
        return read_named_adoption(fleet, *node, name->get(), folder, into);
    fleet.refuse("adoption", *node,
                 wrong_kind("adoption", "a preset, a .csv file or a table", *node,
                            "the usual one is \"store\""));
}

void read_profile(toml_table& fleet, fleet::scenario& into) {
    auto const* node = fleet.find("daily_profile");
    if (node == nullptr) return;
    auto const* weights = node->as_array();
    if (weights == nullptr)
        return fleet.refuse("daily_profile", *node,
                            wrong_kind("daily_profile", "an array of 24 numbers", *node));
    for (std::size_t hour = 0; hour != weights->size(); ++hour) {
        auto const& item = *weights->get(hour);
        auto const path = fmt::format("{}[{}]", fleet.path_of("daily_profile"), hour);
        auto const at = place_of(item.source());
        fleet.state().where.add(path, at);
        auto weight = as_number("daily_profile", item);
        if (auto* wrong = std::get_if<complaint>(&weight))
            fleet.state().refuse(path, at, wrong->code, wrong->message, wrong->help);
        auto const* value = std::get_if<double>(&weight);
        into.daily_profile.push_back(value != nullptr ? *value : 0);
    }
}

void read_dormancy(toml_table& fleet, fleet::scenario& into) {
    auto const* node = fleet.find("dormancy");
    if (node == nullptr) return;
    if (auto const* flag = node->as_boolean()) {
        if (flag->get()) into.breaks = fleet::dormancy{};
        return;
    }
    auto const* table = node->as_table();
    if (table == nullptr)
        return fleet.refuse(
            "dormancy", *node,
            wrong_kind("dormancy", "true or a table", *node, "true takes the measured breaks"));
    fleet::dormancy breaks;
    toml_table entry(*table, fleet.path_of("dormancy"), "dormancy", fleet.state());
    entry.read("share", as_share, breaks.share);
    entry.read("shortest", as_duration, breaks.shortest);
    entry.read("tail", as_number, breaks.tail);
    entry.finish();
    into.breaks = breaks;
}

}  // namespace

void read_fleet(toml_table& top, std::filesystem::path const& folder, fleet::scenario& into) {
    with_table(top, "fleet", need::required, [&](toml_table& fleet) {
        fleet.read("devices", as_count, into.devices, need::required);
        read_adoption(fleet, folder, into);
        fleet.read("opens_per_day", as_number, into.opens_per_day);
        read_profile(fleet, into);
        read_dormancy(fleet, into);
    });
}

}  // namespace cryptoperiod::input
