/// @file standard_output.hpp
/// The data stream. A write that fails is noticed: a report that nobody could read is a failure.
#pragma once

#include <string_view>
#include <system_error>

namespace cryptoperiod::output {

/// Thrown when standard output does not take what was written.
class output_failure : public std::system_error {
public:
    explicit output_failure(int number)
        : std::system_error(number, std::generic_category(), "standard output") {}
    /// The reader has gone, as `head` does; nothing to complain about.
    [[nodiscard]] bool is_broken_pipe() const noexcept { return code() == std::errc::broken_pipe; }
};

/// Makes sure that the three standard streams exist, so that no file of ours gets their numbers,
/// and that a reader who leaves is an error code and not a signal. Called first.
void secure_standard_streams();

/// Writes all of it to standard output. Throws output_failure.
void write_out(std::string_view text);

/// Writes to standard error; there is nobody to tell when that fails.
void write_error(std::string_view text);

}  // namespace cryptoperiod::output
