#include <array>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/random.hpp>
#include <cryptoperiod/iam/reference.hpp>
#include <map>

#include "iam/world.hpp"

using namespace iam_world;

namespace {

constexpr std::uint64_t seed = 20260105;

/// Draws policies and requests from a world so small that they often meet.
class small_world {
public:
    explicit small_world(std::uint64_t of) : seed_(of) {}

    std::uint32_t below(std::uint32_t count) {
        if (used_ == words_.size()) {
            words_ = philox({block_++, 0, 0, 0}, seed_);
            used_ = 0;
        }
        return scale_word(words_[used_++], count);
    }
    template <std::size_t Count>
    std::string one_of(std::array<char const*, Count> const& list) {
        return list[below(Count)];
    }
    std::string value_for(attribute_name name) {
        switch (name) {
            case attribute_name::account_id:
                return one_of(std::array{"acc-a", "acc-a", "acc-b"});
            case attribute_name::service_name:
                return one_of(std::array{"kms", "imfpush", "imfpush", "logs"});
            case attribute_name::service_instance:
                return one_of(std::array{"i-1", "i-2", "k-1"});
            case attribute_name::region:
                return one_of(std::array{"us-south", "eu-de"});
            case attribute_name::resource_type:
                return one_of(std::array{"key", "ring"});
            case attribute_name::resource:
                return one_of(std::array{"root", "r*t"});
            case attribute_name::resource_group_id:
                return one_of(std::array{"g-1", "g-2"});
            case attribute_name::iam_id:
                return one_of(std::array{"IBMid-1", "IBMid-2", "iam-ServiceId-1"});
        }
        return {};
    }
    attribute draw(attribute_name name, bool may_match) {
        auto value = value_for(name);
        if (!may_match || below(3) != 0) return equals(name, std::move(value));
        switch (below(4)) {
            case 0:
                return like(name, "*");
            case 1:
                return like(name, value.substr(0, 1) + "*");
            case 2:
                value[below(static_cast<std::uint32_t>(value.size()))] = '?';
                return like(name, std::move(value));
            default:
                return like(name, std::move(value));
        }
    }
    void add_some(std::vector<attribute>& side) {
        using enum attribute_name;
        for (auto const name : {service_instance, region, resource_type, resource})
            if (below(8) == 0) side.push_back(draw(name, true));
        if (below(10) == 0 && find_attribute(side, service_instance) == nullptr)
            side.push_back(draw(resource_group_id, true));
    }
    policy draw_policy() {
        policy p;
        if (below(3) == 0) {
            p.type = policy_type::access;
            p.subject.push_back(draw(attribute_name::iam_id, true));
        } else {
            p.subject.push_back(draw(attribute_name::account_id, false));
            p.subject.push_back(draw(attribute_name::service_name, true));
            if (below(4) == 0) add_some(p.subject);
        }
        p.resource.push_back(draw(attribute_name::account_id, false));
        if (below(6) != 0) p.resource.push_back(draw(attribute_name::service_name, true));
        add_some(p.resource);
        for (auto const& line : role_table)
            if (below(4) == 0) p.roles.push_back(line.which);
        if (below(12) == 0) p.state = policy_state::deleted;
        return p;
    }
    /// Valid ones, with ids in an order that is not that of their making.
    std::vector<policy> draw_policies() {
        std::vector<policy> all;
        auto const count = below(10);
        while (all.size() != count) {
            auto p = draw_policy();
            p.id = std::to_string((all.size() * 7 + 3) % 11);
            if (check_policy(p)) all.push_back(std::move(p));
        }
        return all;
    }
    crn draw_crn(bool instance_only) {
        crn name;
        name.service_name = value_for(attribute_name::service_name);
        name.location = below(4) == 0 ? "" : value_for(attribute_name::region);
        name.scope = "a/" + value_for(attribute_name::account_id);
        name.service_instance = value_for(attribute_name::service_instance);
        if (instance_only || below(2) == 0) return name;
        name.resource_type = value_for(attribute_name::resource_type);
        name.resource = below(2) == 0 ? "root" : "rest";
        return name;
    }
    request draw_request() {
        request r;
        if (below(3) == 0) {
            r.who = user(value_for(attribute_name::iam_id), value_for(attribute_name::account_id))
                        .value();
        } else {
            r.who = iam::instance(draw_crn(true)).value();
            if (below(2) == 0) r.who.resource_group = value_for(attribute_name::resource_group_id);
        }
        r.what = static_cast<action>(below(static_cast<std::uint32_t>(action_table.size())));
        r.resource = draw_crn(false);
        // Most requests ask for what there is.
        if (below(8) != 0) r.resource.service_name = info(r.what).service;
        if (below(2) == 0) r.resource_group = value_for(attribute_name::resource_group_id);
        return r;
    }

private:
    std::uint64_t seed_;
    std::uint32_t block_ = 0;
    philox_block words_{};
    std::size_t used_ = words_.size();
};

std::string show(decision const& d) {
    std::string text = d.allowed ? "allowed by " + d.policy : "refused";
    text += " " + std::to_string(d.status);
    for (auto const& r : d.reasons) text += "; " + to_string(r);
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(iam_reference)

BOOST_AUTO_TEST_CASE(a_million_decisions_are_those_of_the_slow_and_obvious_evaluator) {
    constexpr int sets = 20'000, requests = 50;
    small_world draw(seed);
    std::map<reason_kind, int> seen;
    int allowed = 0, differing = 0;
    for (int set = 0; set != sets && differing < 3; ++set) {
        auto const all = draw.draw_policies();
        memory_policies policies;
        for (auto const& p : all) BOOST_REQUIRE(policies.add(p));
        for (int i = 0; i != requests; ++i) {
            auto const r = draw.draw_request();
            auto const real = decide(policies, r).value();
            auto const slow = reference::decide(all, r);
            if (real != slow) {
                ++differing;
                BOOST_ERROR("seed " << seed << ", set " << set << ", request " << i << ": "
                                    << show(real) << " instead of " << show(slow));
            }
            allowed += real.allowed;
            for (auto const& why : real.reasons) ++seen[why.why];
        }
    }
    BOOST_TEST_MESSAGE("seed " << seed << ": " << allowed << " of " << sets * requests
                               << " allowed");
    // The draws are worth comparing: each answer is among them, often.
    BOOST_TEST(allowed > sets * requests / 50);
    for (auto const kind :
         {reason_kind::other_service, reason_kind::other_account, reason_kind::no_policy,
          reason_kind::policy_deleted, reason_kind::subject_differs, reason_kind::resource_differs,
          reason_kind::role_insufficient})
        BOOST_TEST(seen[kind] > 1000, "reason " << static_cast<int>(kind));
}
BOOST_AUTO_TEST_CASE(policies_in_a_store_decide_the_same) {
    small_world draw(seed + 1);
    int differing = 0;
    for (int set = 0; set != 50; ++set) {
        auto const all = draw.draw_policies();
        memory_store kept;
        stored_policies policies(kept, secret());
        for (auto const& p : all) BOOST_REQUIRE(policies.add(p));
        for (int i = 0; i != 40; ++i) {
            auto const r = draw.draw_request();
            if (decide(policies, r).value() != reference::decide(all, r)) ++differing;
        }
    }
    BOOST_TEST(differing == 0, "seed " << seed + 1);
}
BOOST_AUTO_TEST_CASE(patterns_mean_the_same_to_both) {
    // All patterns of up to five of a, b, *, ? on all texts of up to five of a, b.
    auto const words = [](std::string_view alphabet) {
        std::vector<std::string> all{""};
        for (std::size_t at = 0; at != all.size(); ++at)
            if (all[at].size() < 5)
                for (char const c : alphabet) all.push_back(all[at] + c);
        return all;
    };
    int differing = 0;
    auto const texts = words("ab");
    for (auto const& pattern : words("ab*?"))
        for (auto const& text : texts)
            differing += matches_wildcards(pattern, text) != reference::describes(pattern, text);
    BOOST_TEST(differing == 0);
}

BOOST_AUTO_TEST_SUITE_END()
