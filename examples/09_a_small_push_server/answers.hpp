// What all answers have in common, above all the refusals; and the parameters of a query or a form.
#pragma once

#include <charconv>
#include <cryptoperiod/core/json.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http.hpp"

namespace small_server {

namespace cp = cryptoperiod;
using cp::errc;

inline response text_answer(unsigned status, std::string body = {}) {
    response out{static_cast<http::status>(status), 11};
    out.set(http::field::cache_control, "no-store");
    if (!body.empty()) out.set(http::field::content_type, "application/json");
    out.body() = std::move(body);
    return out;
}
// Says why, unless it is a 401. What of the message is not UTF-8 becomes U+FFFD.
inline response refusal(unsigned status, std::string_view code, std::string_view message) {
    if (status == 401) {
        auto out = text_answer(401);
        out.set(http::field::www_authenticate, "Bearer");
        return out;
    }
    cp::json_value const body{{"message", message}, {"code", code}};
    return text_answer(status, body.dump(-1, ' ', false, cp::json_value::error_handler_t::replace));
}
// What no request was read of.
inline response refusal_unread(http::status status) {
    switch (status) {
        case http::status::service_unavailable:
            return refusal(503, "FPWSE0025E", "too many connections are open; resubmit later");
        case http::status::payload_too_large:
            return refusal(413, to_string(errc::input_too_large), "the body is over 1 MiB");
        case http::status::request_header_fields_too_large:
            return refusal(431, to_string(errc::input_too_large), "the header is over 16 KiB");
        default:
            return refusal(400, "FPWSE0013E", "this is not a request of HTTP/1.1");
    }
}
// IBM's code of an error; where it has none, the name that the library has for it.
inline std::string_view code_of(cp::errc_info const& line) {
    if (!line.provider_code.empty()) return line.provider_code;
    if (line.http == 400) return "FPWSE0005E";
    if (line.http == 404) return "FPWSE0001E";
    if (line.http == 500) return "FPWSE0010E";
    return line.http == 503 ? "FPWSE0025E" : line.name;
}
// What is the server's own trouble is not told to others.
inline response refusal(cp::error const& why) {
    auto const& line = cp::info(why.code);
    return refusal(line.http, code_of(line), line.http < 500 ? why.detail : line.name);
}
// Of a document in the body, which may hold secrets.
inline response refusal_of_body(cp::error const& why, std::string_view body) {
    auto const& line = cp::info(why.code);
    if (line.http != 400) return refusal(why);
    auto value = cp::parse_json(body, {.bytes = body_bytes_max});
    if (!value) return refusal(400, "FPWSE0004E", why.detail);
    cp::wipe(*value);
    bool const is_unknown = why.code == errc::unknown_member;
    return refusal(400, is_unknown ? "FPWSE0006E" : "FPWSE0005E", why.detail);
}

// "a%2Fb" -> "a/b". Errors: malformed.
inline cp::result<std::string> unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        auto const byte = cp::from_hex(text.substr(i + 1, 2));
        if (!byte || byte->size() != 1)
            return cp::error{errc::malformed, "there is a % without two hex digits"};
        out += static_cast<char>(byte->front());
        i += 2;
    }
    return out;
}

struct parameter {
    std::string name, value;
};
// "a=1&b=2", in which '+' is a blank. Errors: malformed, inconsistent (a name twice).
inline cp::result<std::vector<parameter>> parameters_of(std::string_view text) {
    std::vector<parameter> found;
    while (!text.empty()) {
        std::string one(text.substr(0, text.find('&')));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
        if (one.empty()) continue;
        std::ranges::replace(one, '+', ' ');
        auto const end = std::min(one.find('='), one.size());
        CRYPTOPERIOD_TRY(auto name, unescaped(std::string_view(one).substr(0, end)));
        CRYPTOPERIOD_TRY(auto value,
                         unescaped(std::string_view(one).substr(std::min(end + 1, one.size()))));
        for (auto const& other : found)
            if (other.name == name)
                return cp::error{errc::inconsistent,
                                 cp::concat("'", name.substr(0, 40), "' is there twice")};
        found.push_back({std::move(name), std::move(value)});
    }
    return found;
}
// The value of `name`; none: it is not there.
inline std::optional<std::string_view> value_of(std::span<parameter const> all,
                                                std::string_view name) {
    for (auto const& one : all)
        if (one.name == name) return one.value;
    return std::nullopt;
}
// The first whose name is none of `known`, shown only as far as it can be no secret.
inline std::optional<std::string> unknown_among(std::span<parameter const> all,
                                                std::span<std::string_view const> known) {
    for (auto const& one : all)
        if (std::ranges::find(known, one.name) == known.end())
            return cp::concat("there is an unknown parameter '", one.name.substr(0, 20), "'");
    return std::nullopt;
}
// A number with or without a sign; beyond 63 bits it is the nearest one.
inline std::optional<std::int64_t> number_of(std::string_view text) {
    using limits = std::numeric_limits<std::int64_t>;
    std::int64_t number = 0;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ptr != text.data() + text.size() || read.ec == std::errc::invalid_argument)
        return std::nullopt;
    if (read.ec != std::errc()) return text.front() == '-' ? limits::min() : limits::max();
    return number;
}

}  // namespace small_server
