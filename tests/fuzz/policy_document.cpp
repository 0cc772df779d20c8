// Any bytes as a policy document: refused with a code of its own, or a policy whose document is
// read back as the same policy, and is the same text when it is written again.
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/iam/authorization.hpp>
#include <cryptoperiod/iam/decision.hpp>
#include <cryptoperiod/iam/reference.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "fuzz/harness.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::iam;

namespace {

/// A request that the policy's own exact values describe as far as a CRN can.
request request_for(policy const& p) {
    request r;
    auto const fill = [](crn& name, std::vector<attribute> const& side) {
        name.service_name = exact_value(side, attribute_name::service_name);
        name.scope = concat("a/", exact_value(side, attribute_name::account_id));
        name.service_instance = exact_value(side, attribute_name::service_instance);
        name.location = exact_value(side, attribute_name::region);
        name.resource_type = exact_value(side, attribute_name::resource_type);
        name.resource = exact_value(side, attribute_name::resource);
    };
    if (p.type == policy_type::authorization) {
        r.who.kind = identity_kind::instance;
        fill(r.who.instance, p.subject);
        r.who.account = account_of(r.who.instance);
        r.who.resource_group = exact_value(p.subject, attribute_name::resource_group_id);
    }
    r.who.iam_id = exact_value(p.subject, attribute_name::iam_id);
    fill(r.resource, p.resource);
    r.resource_group = exact_value(p.resource, attribute_name::resource_group_id);
    return r;
}

/// Patterns that the slow evaluator would take too long for.
bool is_tame(policy const& p) {
    for (auto const* side : {&p.subject, &p.resource})
        for (auto const& a : *side)
            if (a.op == match_operator::string_match && std::ranges::count(a.value, '*') > 3)
                return false;
    return true;
}

void compare(policy p) {
    if (!is_tame(p)) return;
    if (p.id.empty()) p.id = "p";
    memory_policies policies;
    CRYPTOPERIOD_ASSERT(policies.add(p).has_value());
    auto r = request_for(p);
    for (auto const& line : action_table) {
        r.what = line.which;
        auto const decided = decide(policies, r);
        if (!decided) return;  // the values make no CRN
        CRYPTOPERIOD_ASSERT(*decided == reference::decide(std::span(&p, 1), r));
    }
}

}  // namespace

void test::fuzz(std::span<std::byte const> input) {
    std::string_view const text(reinterpret_cast<char const*>(input.data()), input.size());
    auto const read = parse_policy(text);
    if (!read) {
        auto const& e = read.error();
        CRYPTOPERIOD_ASSERT(e.code == errc::malformed || e.code == errc::missing ||
                            e.code == errc::unknown_name || e.code == errc::unknown_member ||
                            e.code == errc::out_of_range || e.code == errc::inconsistent);
        CRYPTOPERIOD_ASSERT(detail::find_control_character(e.detail) == std::string_view::npos);
        return;
    }
    auto const document = policy_document(*read);
    CRYPTOPERIOD_ASSERT(document.has_value());
    auto const again = parse_policy(*document);
    CRYPTOPERIOD_ASSERT(again.has_value() && *again == *read);
    CRYPTOPERIOD_ASSERT(policy_document(*again).value() == *document);
    compare(*read);
}
