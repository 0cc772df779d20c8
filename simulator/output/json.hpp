/// @file json.hpp
/// What `--json` writes. One line, ASCII only, keys in a fixed order, the same bytes for the same
/// numbers. The meaning of every field: tests/simulator/schema/.
#pragma once

#include <cryptoperiod/fsm/table.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "input/diagnostics.hpp"
#include "plan_report.hpp"
#include "run_report.hpp"

namespace cryptoperiod::output {

[[nodiscard]] std::string plan_json(fleet::retirement const& plan);
[[nodiscard]] std::string simulate_json(run_report const& report);

/// What was found in one scenario file; nothing when it is valid.
struct checked_file {
    std::string file;
    input::diagnostics found;
};
[[nodiscard]] std::string validation_json(std::vector<checked_file> const& files);

/// A machine of the library, in words and as a picture.
struct machine_listing {
    std::string_view name;
    std::vector<std::string_view> states, events;
    std::size_t transitions = 0;
};
[[nodiscard]] std::string machines_json(std::vector<machine_listing> const& machines);
[[nodiscard]] std::string diagram_json(std::string_view machine, std::string_view format,
                                       std::string_view picture);

/// A file that was written; with no name, the text itself.
[[nodiscard]] std::string template_json(std::string_view file, std::string_view text);

/// The versions of this program and of the libraries it was built with.
[[nodiscard]] std::string versions_json();

}  // namespace cryptoperiod::output
