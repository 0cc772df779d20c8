/// @file exit_code.hpp
/// What the exit code of every command means. Source: MODEL section 7.
#pragma once

namespace cryptoperiod::command {

enum class exit_code : int {
    done = 0,          ///< done; every promise is kept; there is a date
    broken = 1,        ///< a promise is broken; there is no safe date
    wrong_input = 2,   ///< the file or the call is wrong
    failed = 3,        ///< the program or its surroundings failed
    inconclusive = 4,  ///< the answer cannot be known from this scenario
    interrupted = 130  ///< by SIGINT; what was finished is written
};

}  // namespace cryptoperiod::command
