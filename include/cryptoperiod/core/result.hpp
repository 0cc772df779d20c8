/// @file result.hpp
/// `result<T>`: a value, or the `error` that kept it from being made; the shape of every fallible
/// call. Built on boost::system::result, which lacks the class-level [[nodiscard]].
#pragma once

#include <boost/system/result.hpp>
#include <cryptoperiod/core/errc.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace cryptoperiod {

/// A code plus a detail written for a person: lower case, no full stop, names the thing and the
/// remedy. Never holds secret bytes.
struct [[nodiscard]] error {
    errc code{};
    std::string detail{};

    friend bool operator==(error const&, error const&) = default;
};

/// "code: detail", one line.
[[nodiscard]] inline std::string to_string(error const& e) {
    return std::string(to_string(e.code)) + ": " + e.detail;
}

/// Thrown by `result::value()` on a failed result, and only there.
class bad_result : public std::runtime_error {
public:
    explicit bad_result(error e) : std::runtime_error(to_string(e)), error_(std::move(e)) {}
    [[nodiscard]] error const& get() const noexcept { return error_; }

private:
    error error_;
};

/// Found by argument-dependent lookup when `.value()` is called on a failed result.
[[noreturn]] inline void throw_exception_from_error(error const& e, boost::source_location const&) {
    throw bad_result(e);
}

/// A `T`, or an `error`. Dropping one is a compiler warning.
template <class T>
class [[nodiscard]] result : public boost::system::result<T, error> {
public:
    using boost::system::result<T, error>::result;
};

}  // namespace cryptoperiod

#define CRYPTOPERIOD_DETAIL_CAT_(a, b) a##b
#define CRYPTOPERIOD_DETAIL_CAT(a, b) CRYPTOPERIOD_DETAIL_CAT_(a, b)
#define CRYPTOPERIOD_DETAIL_TRY(temporary, declaration, ...) \
    auto temporary = (__VA_ARGS__);                          \
    if (!temporary) return std::move(temporary).error();     \
    declaration = *std::move(temporary)

/// CRYPTOPERIOD_TRY(auto crn, parse_crn(text)): binds the value, or leaves the function with the
/// error.
#define CRYPTOPERIOD_TRY(declaration, ...)                                                     \
    CRYPTOPERIOD_DETAIL_TRY(CRYPTOPERIOD_DETAIL_CAT(cryptoperiod_try_, __LINE__), declaration, \
                            __VA_ARGS__)
