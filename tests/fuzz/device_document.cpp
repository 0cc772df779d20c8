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

void check_refusal(error const& e, std::string_view text) {
    CRYPTOPERIOD_ASSERT(e.code == errc::malformed || e.code == errc::missing ||
                        e.code == errc::unknown_name || e.code == errc::out_of_range ||
                        e.code == errc::inconsistent || e.code == errc::input_too_large);
    CRYPTOPERIOD_ASSERT(cryptoperiod::detail::find_control_character(e.detail) ==
                        std::string_view::npos);
    // Longer than what words of ours or the name of a member have in common with a token.
    constexpr std::size_t telling = 48;
    auto const value = parse_json(text);
    if (!value) return;
    auto const token = json_place(*value, "device").find("token");
    if (!token) return;
    auto const said = token->text(telling, text.size());
    if (!said) return;
    for (std::size_t at = 0; at + telling <= said->size(); ++at)
        CRYPTOPERIOD_ASSERT(e.detail.find(said->substr(at, telling)) == std::string::npos);
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
    if (!read) return check_refusal(read.error(), text);
    device_document const before{device_id::parse("d").value(), "t", platform::fcm};
    auto const after = updated(before, *read);
    if (!after) return check_refusal(after.error(), text);
    CRYPTOPERIOD_ASSERT(check(*after).has_value());
    CRYPTOPERIOD_ASSERT(after->id == before.id && after->on == before.on);
}

}  // namespace

void test::fuzz(std::span<std::byte const> input) {
    std::string_view const text(reinterpret_cast<char const*>(input.data()), input.size());
    update(text);
    auto const read = parse_registration(text);
    if (!read) return check_refusal(read.error(), text);
    CRYPTOPERIOD_ASSERT(check(*read).has_value());
    CRYPTOPERIOD_ASSERT(parse_registration(as_request(*read)).value() == *read);
    auto const answer = to_json(*read, 0, 0, kept_user_agent(text));
    CRYPTOPERIOD_ASSERT(answer.has_value() && parse_json(*answer).has_value());
    keep(*read);
}
