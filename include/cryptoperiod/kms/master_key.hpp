/// @file master_key.hpp
/// The key under which the books of a service are sealed: from a file or from the environment,
/// never beside the data by default.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace cryptoperiod::kms {

/// 32 secret bytes.
using master_key = crypto::secret_array<32>;

/// The master key that 64 hex digits spell. `source` names where they come from, for the message.
/// Errors: malformed; key_refused (32 equal bytes). No digit is repeated.
[[nodiscard]] inline result<master_key> parse_master_key(std::string_view digits,
                                                         std::string_view source) {
    auto bytes = from_hex(digits);
    if (!bytes || bytes->size() != master_key::bytes) {
        if (bytes) wipe(*bytes);
        return error{errc::malformed,
                     concat("the master key in ", source,
                            " is not 64 hex digits; restore the one that seals what exists (a new "
                            "one, for new books only: openssl rand -hex 32)")};
    }
    if (std::ranges::all_of(*bytes, [&](std::byte b) { return b == bytes->front(); }))
        return error{errc::key_refused, concat("the master key in ", source,
                                               " is one byte 32 times, which anybody guesses")};
    return master_key::take(std::span<std::byte, master_key::bytes>(*bytes));
}

/// The master key in the environment variable `name`. Errors: missing, malformed.
[[nodiscard]] inline result<master_key> master_key_from_environment(
    std::string const& name = "CRYPTOPERIOD_MASTER_KEY") {
    char const* const text = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
    if (text == nullptr || *text == '\0')
        return error{errc::missing, concat("the environment variable ", name,
                                           " is not set; give it the master key as 64 hex digits")};
    return parse_master_key(text, concat("the environment variable ", name));
}

namespace detail {
[[nodiscard]] inline error unreadable_master_key(std::string_view name) {
    return {
        errc::unauthorized,
        concat(name, " cannot be read by the user of this process; give it to that user: chown")};
}
}  // namespace detail

/// The master key in a file of 64 hex digits, which its owner alone may read. Errors: missing,
/// malformed, key_refused, unauthorized (others may read it, or this user may not).
[[nodiscard]] inline result<master_key> master_key_from_file(std::filesystem::path const& file) {
    auto const name = concat("the file ", file.string());
    std::error_code failed;
    auto const status = std::filesystem::status(file, failed);
    if (failed == std::errc::permission_denied) return detail::unreadable_master_key(name);
    if (failed || status.type() != std::filesystem::file_type::regular)
        return error{errc::missing, concat(name,
                                           " is not there or is not a plain file; put the "
                                           "master key there as 64 hex digits")};
    using std::filesystem::perms;
    if ((status.permissions() & (perms::group_all | perms::others_all)) != perms::none)
        return error{errc::unauthorized,
                     concat(name, " can be reached by others; change it: chmod 600")};
    std::ifstream in(file, std::ios::binary);
    std::string digits(2 * master_key::bytes + 3, '\0');
    in.read(digits.data(), static_cast<std::streamsize>(digits.size()));
    if (!in.is_open() || in.bad()) return detail::unreadable_master_key(name);
    digits.resize(static_cast<std::size_t>(in.gcount()));
    while (!digits.empty() && (digits.back() == '\n' || digits.back() == '\r')) digits.pop_back();
    auto key = parse_master_key(digits, name);
    wipe(std::as_writable_bytes(std::span(digits)));
    return key;
}

}  // namespace cryptoperiod::kms
