/// @file arguments.hpp
/// The command line, read: which command, which files, which flags.
#pragma once

#include <cryptoperiod/core/isa.hpp>
#include <cryptoperiod/fleet/engine/shards.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "exit_code.hpp"
#include "output/screen.hpp"

namespace cryptoperiod::command {

enum class task : std::uint8_t { simulate, plan, write_template, validate, diagram, version };

inline constexpr std::array<std::string_view, 3> diagram_formats{"mermaid", "dot", "markdown"};

/// A call that makes sense.
struct arguments {
    task what = task::simulate;
    std::vector<std::string> files;
    std::string machine;             ///< of `diagram`; empty: list them
    std::size_t diagram_format = 0;  ///< index in diagram_formats
    bool json = false, quiet = false;
    output::colour_choice colour = output::colour_choice::automatic;
    fleet::run_options run;
    std::optional<double> max_broken;  ///< of `plan`
    double confidence = 0.95;
    std::string credential_set;  ///< of `plan`; empty: the library chooses
};

/// A call that ends here: help that was asked for, or what is wrong and what would be right.
struct early_end {
    exit_code code = exit_code::done;
    std::string text;    ///< for standard output
    std::string error;   ///< what is wrong
    std::string remedy;  ///< what would be right
    output::colour_choice colour = output::colour_choice::automatic;
};

/// Reads the command line. A flag wins over the environment (CRYPTOPERIOD_SEED).
[[nodiscard]] std::variant<arguments, early_end> read_arguments(int count,
                                                                char const* const* words);

}  // namespace cryptoperiod::command
