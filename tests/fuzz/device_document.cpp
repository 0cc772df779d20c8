// Any bytes as a device document: refused with a code of its own and without a word of its token,
// or a device that is answered and kept as what it is. The same bytes as an update, too.
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/json.hpp>
#include <cryptoperiod/device/stored_device.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "fuzz/harness.hpp"
#include "store/opened.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::device;

namespace {

void check_refusal(error const& e) {
    CRYPTOPERIOD_ASSERT(e.code == errc::malformed || e.code == errc::missing ||
                        e.code == errc::unknown_name || e.code == errc::unknown_member ||
                        e.code == errc::out_of_range || e.code == errc::inconsistent ||
                        e.code == errc::input_too_large);
    CRYPTOPERIOD_ASSERT(cryptoperiod::detail::find_control_character(e.detail) ==
                        std::string_view::npos);
    // Words of ours are short, and so are names of members that are repeated: a longer one would be
    // a part of a token.
    constexpr std::size_t word_bytes_max = 48;
    std::size_t word = 0;
    for (char const c : e.detail) {
        word = c == ' ' ? 0 : word + 1;
        CRYPTOPERIOD_ASSERT(word <= word_bytes_max);
    }
}

/// The members of the answer that a request may have.
std::string as_request(device_document const& d) {
    json_value out{{"deviceId", d.id.str()},
                   {"token", d.token},
                   {"platform", to_string(d.on)},
                   {"userId", d.user},
                   {"vapidRegistration", d.vapid}};
    out["variables"] = d.variables;
    return json_text(out).value();
}

void keep(device_document const& d) {
    registration_machine machine;
    CRYPTOPERIOD_ASSERT(machine.send(register_device{1}).has_value());
    stored_device kept;
    kept.keep(machine);
    kept.keep(d);
    auto const bytes = store::encode(kept);
    CRYPTOPERIOD_ASSERT(bytes.has_value());
    auto const again = store::decode<stored_device>(test::opened(bytes->expose()));
    CRYPTOPERIOD_ASSERT(again.has_value() && again->document().value() == d);
}

void update(std::string_view text) {
    auto const read = parse_update(text);
    if (!read) return check_refusal(read.error());
    device_document const before{device_id::parse("d").value(), "t", platform::fcm};
    auto const after = updated(before, *read);
    if (!after) return check_refusal(after.error());
    CRYPTOPERIOD_ASSERT(check(*after).has_value());
    CRYPTOPERIOD_ASSERT(after->id == before.id && after->on == before.on);
}

}  // namespace

void test::fuzz(std::span<std::byte const> input) {
    std::string_view const text(reinterpret_cast<char const*>(input.data()), input.size());
    update(text);
    auto const read = parse_registration(text);
    if (!read) return check_refusal(read.error());
    CRYPTOPERIOD_ASSERT(check(*read).has_value());
    CRYPTOPERIOD_ASSERT(parse_registration(as_request(*read)).value() == *read);
    auto const answer = to_json(*read, 0, 0, kept_user_agent(text));
    CRYPTOPERIOD_ASSERT(answer.has_value() && parse_json(*answer).has_value());
    keep(*read);
}
