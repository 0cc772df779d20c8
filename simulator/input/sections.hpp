/// @file sections.hpp
/// The tables of a scenario file: each function reads one of them into the scenario.
#pragma once

#include <cryptoperiod/fleet/scenario.hpp>
#include <filesystem>

#include "toml_table.hpp"

namespace cryptoperiod::input {

/// [fleet]; a CSV file is looked for in `folder`.
void read_fleet(toml_table& top, std::filesystem::path const& folder, fleet::scenario& into);
/// Every [[release]].
void read_releases(toml_table& top, fleet::scenario& into);
/// Every [[credential_set]].
void read_credential_sets(toml_table& top, fleet::scenario& into);
/// Every [[forced_update]].
void read_forced_updates(toml_table& top, fleet::scenario& into);
/// [connections].
void read_connections(toml_table& top, fleet::scenario& into);
/// [promises], in the order of the file.
void read_promises(toml_table& top, fleet::scenario& into);

}  // namespace cryptoperiod::input
