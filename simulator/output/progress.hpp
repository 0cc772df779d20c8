/// @file progress.hpp
/// One line on a terminal that says how far a run has come; gone when the run is over.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "screen.hpp"

namespace cryptoperiod::output {

/// Draws on standard error, at most ten times a second; draws nothing when it is not `shown`.
class progress_line {
public:
    progress_line(screen const& on, bool shown) : on_(on), shown_(shown && on.terminal) {}
    progress_line(progress_line const&) = delete;
    progress_line& operator=(progress_line const&) = delete;
    ~progress_line() { erase(); }

    /// What a run calls. The run has parts that each go from 0 to 1, `weights` says how long each
    /// is expected to take.
    [[nodiscard]] std::function<void(double)> watch(std::string label, std::vector<double> weights);
    void erase();

private:
    using clock = std::chrono::steady_clock;

    void tell(double done);

    screen on_;
    bool shown_;
    bool drawn_ = false;
    std::string label_;
    std::vector<double> weights_;
    std::size_t part_ = 0;
    double last_ = 0;
    clock::time_point started_{}, drawn_at_{};
};

}  // namespace cryptoperiod::output
