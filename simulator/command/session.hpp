/// @file session.hpp
/// One call of the program: what was asked for, and the two screens it answers on.
#pragma once

#include <string_view>

#include "arguments.hpp"
#include "output/screen.hpp"

namespace cryptoperiod::command {

struct session {
    arguments asked;
    output::screen out, error;

    /// Is there somebody who wants to see how a run goes?
    [[nodiscard]] bool shows_progress() const noexcept {
        return error.terminal && !asked.quiet && !asked.json;
    }
};

/// Writes "cryptoperiod: error: ..." and, if there is one, a line with the remedy. The texts are
/// made printable here.
void complain(session const& call, std::string_view error, std::string_view remedy);

}  // namespace cryptoperiod::command
