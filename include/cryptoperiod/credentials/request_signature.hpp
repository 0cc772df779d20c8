/// @file request_signature.hpp
/// Signed requests of Pusher's HTTP API. The signature covers method, path, query and, by its MD5,
/// the body:
///
///     auth_signature = hex(HMAC-SHA256(secret, METHOD \n path \n name=value&name=value...))
///
/// with the parameters decoded, sorted by name, and auth_signature left out. Values that are signed
/// decoded could be cut in two ways, so this reader is strict: a name in lower case, once; no '&'
/// within a value; no bare '+'. Who serves the request takes the parameters from the answer, not
/// from the query. Within the window a request can be repeated: the protocol has no nonce. Source:
/// pusher/docs, channels/library_auth_reference/rest-api.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/key_ring.hpp>
#include <cryptoperiod/crypto/digest.hpp>
#include <cryptoperiod/crypto/md5.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::credentials {

/// One parameter of a query, decoded.
struct parameter {
    std::string name, value;

    friend bool operator==(parameter const&, parameter const&) = default;
    friend auto operator<=>(parameter const&, parameter const&) = default;
};

/// A request as it came in: nothing decoded, the query without its '?'.
struct request_view {
    std::string_view method, path, query, body;
};

/// What a verifier allows.
struct request_policy {
    milliseconds window{600'000};  ///< |now - auth_timestamp| at most; more is clock skew, or old
    std::size_t body_bytes_max = 256 * 1024;
};

/// A request whose signature is right.
struct verified_request {
    std::string key;                    ///< the credential set that signed it
    time_point signed_at{};             ///< to the second
    std::vector<parameter> parameters;  ///< by name, without those of the signature
};

inline constexpr std::size_t method_bytes_max = 16;
inline constexpr std::size_t path_bytes_max = 1024;
inline constexpr std::size_t query_bytes_max = 8192;
inline constexpr std::size_t parameters_max = 64;

namespace detail {

[[nodiscard]] inline error bad_request(errc code, std::string_view what) {
    return {code, std::string(what)};
}
[[nodiscard]] inline bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
[[nodiscard]] inline bool is_of_a_name(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}
[[nodiscard]] inline bool is_unreserved(char c) noexcept {  // RFC 3986 section 2.3
    return is_of_a_name(c) || (c >= 'A' && c <= 'Z') || c == '~';
}

/// Errors: malformed, out_of_range.
[[nodiscard]] inline result<void> check_target(std::string_view method, std::string_view path) {
    auto const upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (method.empty() || method.size() > method_bytes_max || !std::ranges::all_of(method, upper))
        return bad_request(errc::malformed, "the method is not one word in capitals");
    if (path.size() > path_bytes_max)
        return bad_request(errc::out_of_range, "the path has more than 1024 bytes");
    if (!path.starts_with('/') || std::ranges::any_of(path, is_control) ||
        path.find_first_of("?# ") != path.npos)
        return bad_request(errc::malformed,
                           "the path does not start with '/', or has a space, '?', '#' or a "
                           "control character");
    return {};
}

/// Errors: malformed.
[[nodiscard]] inline result<void> check_parameter(parameter const& p) {
    if (p.name.empty() || !std::ranges::all_of(p.name, is_of_a_name))
        return bad_request(errc::malformed,
                           "the name of a parameter has other characters than lower-case letters, "
                           "digits, '_', '-', '.'");
    for (char const c : p.value)
        if (is_control(c) || c == '&')
            return bad_request(errc::malformed,
                               "a parameter has a control character or a '&' in its value, which "
                               "could be signed in two ways");
    return {};
}

/// A value of a query without its escapes. Errors: malformed.
[[nodiscard]] inline result<std::string> unescape(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i != text.size(); ++i) {
        if (text[i] == '+' || text[i] == ' ' || text[i] == '#')
            return bad_request(errc::malformed,
                               "the query has a bare '+', '#' or space; write %2B, %23 or %20");
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        auto const byte = from_hex(text.substr(i + 1, 2));
        if (!byte || byte->size() != 1)
            return bad_request(errc::malformed, "the query has a '%' without two hex digits");
        plain += static_cast<char>(byte->front());
        i += 2;
    }
    return plain;
}

[[nodiscard]] inline std::string escape(std::string_view text) {
    std::string escaped;
    for (char const& c : text) {
        if (is_unreserved(c))
            escaped += c;
        else
            escaped += "%" + to_hex(bytes_of(std::string_view(&c, 1)));
    }
    return escaped;
}

/// Sorts by name. Errors: malformed (a name twice), those of check_parameter.
[[nodiscard]] inline result<void> put_in_order(std::vector<parameter>& parameters) {
    for (auto const& p : parameters)
        if (auto good = check_parameter(p); !good) return good;
    std::ranges::sort(parameters);
    if (std::ranges::adjacent_find(parameters, {}, &parameter::name) != parameters.end())
        return bad_request(errc::malformed, "a parameter comes twice in the query");
    return {};
}

/// The parameters of a query, by name. Errors: malformed, out_of_range.
[[nodiscard]] inline result<std::vector<parameter>> parse_query(std::string_view query) {
    if (query.size() > query_bytes_max)
        return bad_request(errc::out_of_range, "the query has more than 8192 bytes");
    std::vector<parameter> parameters;
    while (!query.empty()) {
        if (parameters.size() == parameters_max)
            return bad_request(errc::out_of_range, "the query has more than 64 parameters");
        auto const end = query.find('&');
        auto const one = query.substr(0, end);
        auto const sign = one.find('=');
        if (sign == one.npos || end == query.size() - 1)
            return bad_request(errc::malformed, "a part of the query is not name=value");
        CRYPTOPERIOD_TRY(auto value, unescape(one.substr(sign + 1)));
        parameters.push_back({std::string(one.substr(0, sign)), std::move(value)});
        query = end == query.npos ? std::string_view{} : query.substr(end + 1);
    }
    if (auto good = put_in_order(parameters); !good) return std::move(good).error();
    return parameters;
}

/// Removes and returns a parameter. Errors: missing.
[[nodiscard]] inline result<std::string> take(std::vector<parameter>& from, std::string_view name) {
    auto const at = std::ranges::find(from, name, &parameter::name);
    if (at == from.end())
        return error{errc::missing, concat("the query has no ", name, "; sign the request")};
    auto value = std::move(at->value);
    from.erase(at);
    return value;
}

/// Seconds since 1970. Errors: malformed.
[[nodiscard]] inline result<std::int64_t> parse_seconds(std::string_view text) {
    auto const digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.empty() || text.size() > 11 || !std::ranges::all_of(text, digit) ||
        (text.size() > 1 && text.front() == '0'))
        return bad_request(errc::malformed,
                           "auth_timestamp is not a number of seconds since 1970; at most 11 "
                           "digits, no sign");
    std::int64_t seconds = 0;
    for (char const c : text) seconds = 10 * seconds + (c - '0');
    return seconds;
}

/// What is signed. `parameters` are in order.
[[nodiscard]] inline std::string text_to_sign(std::string_view method, std::string_view path,
                                              std::span<parameter const> parameters) {
    auto text = concat(method, "\n", path, "\n");
    for (auto const& p : parameters) {
        if (text.back() != '\n') text += '&';
        text += concat(p.name, "=", p.value);
    }
    return text;
}

[[nodiscard]] inline std::string md5_of(std::string_view body) {
    return to_hex(crypto::digest<crypto::md5>({bytes_of(body)}));
}

/// Errors: signature_stale, signature_future.
[[nodiscard]] inline result<void> check_window(time_point signed_at, time_point now,
                                               milliseconds window) {
    // signed_at is never before 1970, so the difference cannot overflow.
    auto const age = std::max(now, time_point{}) - signed_at;
    if (age > window)
        return error{errc::signature_stale,
                     concat("the request was signed ", to_text(age), " ago, the window is ",
                            to_text(window), "; set the sender's clock and sign it anew")};
    if (-age > window)
        return error{
            errc::signature_future,
            concat("the request was signed ", to_text(-age), " ahead of this clock, the window is ",
                   to_text(window), "; set the sender's clock and sign it anew")};
    return {};
}

}  // namespace detail

/// The query of a request, signed with `set` at `now`: the parameters, escaped, and those of the
/// signature. Errors: malformed, out_of_range (a method, path or parameter that no verifier
/// accepts), inconsistent (a parameter that the signature brings itself).
[[nodiscard]] inline result<std::string> sign_request(signing_set const& set,
                                                      std::string_view method,
                                                      std::string_view path,
                                                      std::vector<parameter> parameters,
                                                      std::string_view body, time_point now) {
    if (auto good = detail::check_target(method, path); !good) return std::move(good).error();
    for (auto const& p : parameters)
        if (p.name.starts_with("auth_") || p.name == "body_md5")
            return error{errc::inconsistent, "a parameter has a name that the signature brings"};
    auto const seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
    parameters.push_back({"auth_key", set.key()});
    parameters.push_back({"auth_timestamp", std::to_string(seconds.count())});
    parameters.push_back({"auth_version", "1.0"});
    if (!body.empty()) parameters.push_back({"body_md5", detail::md5_of(body)});
    if (auto good = detail::put_in_order(parameters); !good) return std::move(good).error();
    auto const text = detail::text_to_sign(method, path, parameters);
    parameters.push_back({"auth_signature", set.sign({bytes_of(text)})});
    std::string query;
    for (auto const& p : parameters)
        query += concat(query.empty() ? "" : "&", p.name, "=", detail::escape(p.value));
    if (query.size() > query_bytes_max || parameters.size() > parameters_max)
        return error{errc::out_of_range, "the query has more than 8192 bytes or 64 parameters"};
    return query;
}

/// Whether the request was signed with a live set of `ring` within the window; then it counts as a
/// use of the set. Nothing is said of the time before the signature is right. Errors: malformed,
/// out_of_range (too long), missing (an unsigned request), unknown_version, credential_unknown,
/// credential_rejected, signature_mismatch (method, path, query or body were changed, or another
/// secret), signature_stale, signature_future.
[[nodiscard]] inline result<verified_request> verify_request(key_ring& ring,
                                                             request_view const& request,
                                                             time_point now,
                                                             request_policy const& policy = {}) {
    if (auto good = detail::check_target(request.method, request.path); !good)
        return std::move(good).error();
    if (request.body.size() > policy.body_bytes_max)
        return error{errc::out_of_range,
                     "the body has more than " + std::to_string(policy.body_bytes_max) + " bytes"};
    CRYPTOPERIOD_TRY(auto parameters, detail::parse_query(request.query));
    CRYPTOPERIOD_TRY(auto const signature, detail::take(parameters, "auth_signature"));
    auto const text = detail::text_to_sign(request.method, request.path, parameters);
    verified_request answer;
    CRYPTOPERIOD_TRY(answer.key, detail::take(parameters, "auth_key"));
    CRYPTOPERIOD_TRY(auto const timestamp, detail::take(parameters, "auth_timestamp"));
    CRYPTOPERIOD_TRY(auto const version, detail::take(parameters, "auth_version"));
    CRYPTOPERIOD_TRY(auto const seconds, detail::parse_seconds(timestamp));
    if (version != "1.0")
        return error{errc::unknown_version, "auth_version is not 1.0, the only one there is"};

    auto const body_md5 = detail::take(parameters, "body_md5");
    if (body_md5.has_value() == request.body.empty())
        return error{errc::malformed,
                     "body_md5 is there for a request with a body, and for no other"};
    CRYPTOPERIOD_TRY(auto const* const set, ring.accepted(answer.key));
    if (auto good = set->verify({bytes_of(text)}, signature); !good) return std::move(good).error();
    if (body_md5 &&
        !equal_in_constant_time(bytes_of(*body_md5), bytes_of(detail::md5_of(request.body))))
        return error{errc::signature_mismatch, "the body is not the one that was signed"};
    answer.signed_at = time_point(std::chrono::seconds(seconds));
    if (auto good = detail::check_window(answer.signed_at, now, policy.window); !good)
        return std::move(good).error();
    if (auto noted = ring.send(answer.key, present{now.time_since_epoch().count()}); !noted)
        return std::move(noted).error();
    answer.parameters = std::move(parameters);
    return answer;
}

}  // namespace cryptoperiod::credentials
