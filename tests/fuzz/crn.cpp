// Any bytes as a CRN: refused, or one that is written as it was read; as a key, an instance.
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/kms/key_stores.hpp>
#include <cstddef>
#include <span>
#include <string_view>

#include "fuzz/harness.hpp"

using namespace cryptoperiod;

void test::fuzz(std::span<std::byte const> input) {
    std::string_view const text(reinterpret_cast<char const*>(input.data()), input.size());
    auto const name = parse_crn(text);
    if (!name) {
        CRYPTOPERIOD_ASSERT(detail::find_control_character(name.error().detail) ==
                            std::string_view::npos);
        return;
    }
    CRYPTOPERIOD_ASSERT(to_string(*name) == text);
    CRYPTOPERIOD_ASSERT(check_crn(*name).has_value());
    CRYPTOPERIOD_ASSERT(parse_crn(to_string(*name)).value() == *name);
    CRYPTOPERIOD_ASSERT(check_crn(instance_of(*name)).has_value());
    if (auto const key = kms::key_id_of(*name))
        CRYPTOPERIOD_ASSERT(key->str() == text && !is_instance_crn(*name));
}
