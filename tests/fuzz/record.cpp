// Any bytes as a record: refused as one, or a value that is written as those very bytes.
#include <algorithm>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/store/record.hpp>
#include <cstddef>
#include <span>
#include <vector>

#include "fuzz/harness.hpp"
#include "store/opened.hpp"
#include "store/samples.hpp"

using namespace cryptoperiod;

namespace {

constexpr std::size_t version_offset = 4 + test::everything::schema.size();

void decode(std::span<std::byte const> bytes) {
    auto const value = store::decode<test::everything>(test::opened(bytes));
    if (!value) {
        auto const code = value.error().code;
        CRYPTOPERIOD_ASSERT(code == errc::record_corrupt || code == errc::unknown_version ||
                            code == errc::store_too_large);
        return;
    }
    auto const again = store::encode(*value);
    CRYPTOPERIOD_ASSERT(again.has_value());
    if (bytes[version_offset] == std::byte{test::everything::schema_version})
        CRYPTOPERIOD_ASSERT(std::ranges::equal(again->expose(), bytes));
    // What an older version said is kept, too: another reading gives the same.
    auto const twice = store::decode<test::everything>(test::opened(again->expose()));
    CRYPTOPERIOD_ASSERT(twice.has_value());
    CRYPTOPERIOD_ASSERT(std::ranges::equal(store::encode(*twice)->expose(), again->expose()));
}

}  // namespace

void test::fuzz(std::span<std::byte const> input) {
    decode(input);
    // The same bytes as the members of a record whose head is right.
    std::vector<std::byte> headed{std::byte{test::everything::schema.size()}, {}, {}, {}};
    std::ranges::copy(bytes_of(test::everything::schema), std::back_inserter(headed));
    headed.push_back(std::byte{test::everything::schema_version});
    headed.insert(headed.end(), 3, std::byte{});
    headed.insert(headed.end(), input.begin(), input.end());
    decode(headed);
}
