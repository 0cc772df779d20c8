// Any bytes as the document of any platform: refused, or settings that are decoded from what they
// are encoded as. Any bytes as the record of settings: refused as one, or those very bytes
// again, if they are such as could be sealed.
#include <algorithm>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/settings/settings_document.hpp>
#include <cryptoperiod/settings/shown_settings.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/harness.hpp"
#include "settings/samples.hpp"
#include "store/opened.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::settings;

namespace {

void parse(kind which, std::string_view text) {
    auto const settings = parse_settings(which, text);
    if (!settings) {
        auto const status = http_status(settings.error().code);
        CRYPTOPERIOD_ASSERT(status == 400 || status == 413);
        CRYPTOPERIOD_ASSERT(cryptoperiod::detail::find_control_character(settings.error().detail) ==
                            std::string_view::npos);
        return;
    }
    CRYPTOPERIOD_ASSERT(kind_of(*settings) == which && check(*settings).has_value());
    auto const bytes = encode(*settings);
    CRYPTOPERIOD_ASSERT(bytes.has_value());
    auto const again = decode(which, test::opened(bytes->expose()));
    CRYPTOPERIOD_ASSERT(again.has_value() && described(*again) == described(*settings));
    CRYPTOPERIOD_ASSERT(parse_json(described(*settings)).has_value());
}

void decode_record(kind which, std::span<std::byte const> bytes) {
    auto const settings = decode(which, test::opened(bytes));
    if (!settings) {
        auto const code = settings.error().code;
        CRYPTOPERIOD_ASSERT(code == errc::record_corrupt || code == errc::unknown_version ||
                            code == errc::store_too_large);
        return;
    }
    // What is opened was checked when it was sealed; these bytes were not.
    auto const again = encode(*settings);
    CRYPTOPERIOD_ASSERT(again.has_value() == check(*settings).has_value());
    CRYPTOPERIOD_ASSERT(!again || std::ranges::equal(again->expose(), bytes));
}

/// A good document with the input in the place of one member, which the first byte chooses.
void replace_member(test::settings_sample sample, std::span<std::byte const> input) {
    if (input.empty()) return;
    std::string_view const text(reinterpret_cast<char const*>(input.data()) + 1, input.size() - 1);
    auto at = std::to_integer<std::size_t>(input[0]);
    auto& document = sample.which == kind::gcm && sample.form == "v1" && at % 2 == 0
                         ? sample.document["serviceAccount"]
                         : sample.document;
    auto member = document.begin();
    for (at = at / 2 % document.size(); at != 0; --at) ++member;
    *member = text;
    if (auto const body = json_text(sample.document)) parse(sample.which, *body);
}

/// Schema and version, as the records of these samples start.
std::vector<std::vector<std::byte>> heads_of(std::vector<test::settings_sample> const& samples) {
    std::vector<std::vector<std::byte>> heads;
    for (auto const& sample : samples) {
        auto const settings = parse_settings(sample.which, sample.body());
        auto const record = encode(settings.value());
        auto const bytes = record.value().expose();
        auto const size = 4 + std::to_integer<std::size_t>(bytes[0]) + 4;
        heads.emplace_back(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    }
    return heads;
}

}  // namespace

void test::fuzz(std::span<std::byte const> input) {
    static auto const samples = settings_samples();
    static auto const heads = heads_of(samples);
    if (input.empty()) return;
    auto const choice = std::to_integer<std::size_t>(input[0]);
    auto const rest = input.subspan(1);
    auto const which = kinds[choice % kinds.size()];
    parse(which, {reinterpret_cast<char const*>(rest.data()), rest.size()});
    decode_record(which, rest);
    replace_member(samples[choice % samples.size()], rest);
    // The members of a record whose head is right.
    auto record = heads[choice % samples.size()];
    record.insert(record.end(), rest.begin(), rest.end());
    decode_record(samples[choice % samples.size()].which, record);
}
