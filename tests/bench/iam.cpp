/// @file iam.cpp
/// Decisions a second with 10, 1,000 and 100,000 policies of other accounts and services, against
/// the few that concern the request; in memory, in a store, and by the slow evaluator, which looks
/// at each. Then what a token costs. Ratios within one run come last.
#include <cryptoperiod/iam/api_key.hpp>
#include <cryptoperiod/iam/decision.hpp>
#include <cryptoperiod/iam/policy.hpp>
#include <cryptoperiod/iam/reference.hpp>
#include <cryptoperiod/iam/token.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench.hpp"

namespace {

using namespace cryptoperiod;
using namespace cryptoperiod::iam;

constexpr int repetitions = 5;

template <class T>
T must(result<T> r) {
    if (r) return *std::move(r);
    std::fprintf(stderr, "bench_iam: %s\n", to_string(r.error()).c_str());
    std::exit(1);
}
policy authorization(std::string id, std::string const& account, std::string const& service) {
    using enum attribute_name;
    policy p;
    p.subject = {{service_name, match_operator::string_equals, "imfpush"},
                 {account_id, match_operator::string_equals, account}};
    p.resource = {{service_name, match_operator::string_equals, service},
                  {account_id, match_operator::string_equals, account}};
    p.roles = {role::reader};
    p.id = std::move(id);
    return p;
}
/// One policy that decides, two beside it, and `count` of elsewhere: half of other accounts, half
/// of other services of the same account.
std::vector<policy> policies_of(int count) {
    std::vector<policy> all;
    for (int i = 0; i != count; ++i) {
        auto const number = std::to_string(i);
        all.push_back(i % 2 == 0 ? authorization(number, "acc-" + number, "kms")
                                 : authorization(number, "acc", "service-" + number));
    }
    for (auto const* id : {"x1", "x2", "x3"}) all.push_back(authorization(id, "acc", "kms"));
    return all;
}
request wrap() {
    return {must(instance(must(parse_crn("crn:v1:bluemix:public:imfpush:us-south:a/acc:i-1::")))),
            action::kms_key_wrap,
            must(parse_crn("crn:v1:bluemix:public:kms:us-south:a/acc:k-1:key:root")),
            {}};
}
template <class Work>
double per_second(int operations, Work const& work) {
    return operations / bench::shortest(repetitions, [&] {
               for (int i = 0; i != operations; ++i) work();
           });
}
template <class Source>
double decisions(Source const& policies, int operations) {
    auto const r = wrap();
    return per_second(operations,
                      [&] { bench::keep(must(decide(policies, r)).allowed ? 1U : 0U); });
}

/// Prints; the answer is decisions a second.
double in_memory(int count) {
    memory_policies policies;
    for (auto const& p : policies_of(count)) must(policies.add(p));
    double const rate = decisions(policies, 20'000);
    bench::figure("memory_" + std::to_string(count) + "_decisions_per_s", rate);
    return rate;
}
double in_store(int count) {
    store::memory_store kept;
    stored_policies policies(kept, crypto::secret_array<32>{});
    for (auto const& p : policies_of(count)) must(policies.add(p));
    double const rate = decisions(policies, 20'000);
    bench::figure("store_" + std::to_string(count) + "_decisions_per_s", rate);
    return rate;
}
double slowly(int count) {
    auto const all = policies_of(count);
    auto const r = wrap();
    double const rate =
        per_second(2, [&] { bench::keep(reference::decide(all, r).allowed ? 1U : 0U); });
    bench::figure("reference_" + std::to_string(count) + "_decisions_per_s", rate);
    return rate;
}
void tokens() {
    system_clock_source const clock;
    store::memory_store kept;
    memory_policies const none;
    api_keys keys(kept, crypto::secret_array<32>{}, clock);
    token_verifier verifier("https://iam.bench", clock);
    token_issuer const issuer(must(crypto::ed25519::generate(crypto::os_entropy())), verifier, keys,
                              none, clock);
    auto const key = must(keys.create(must(user("IBMid-1", "acc"))));
    auto const issued = must(issuer.from_api_key(key.text.expose()));
    std::string const large(10'000'000, 'A');
    bench::figure("api_key_authentications_per_s",
                  per_second(2'000, [&] { must(keys.authenticate(key.text.expose())); }));
    double const verified = per_second(500, [&] { must(verifier.verify(issued.token.expose())); });
    bench::figure("token_verifications_per_s", verified);
    double const refused =
        per_second(20'000, [&] { bench::keep(verifier.verify(large).has_value() ? 1U : 0U); });
    bench::figure("tokens_of_10_mb_refused_per_s", refused);
}

}  // namespace

int main() {
    double const few = in_memory(10), more = in_memory(1'000), many = in_memory(100'000);
    double const few_stored = in_store(10), more_stored = in_store(1'000);
    double const slow = slowly(100'000);
    tokens();
    bench::figure("memory_cost_at_1000_to_10", few / more);
    bench::figure("memory_cost_at_100000_to_10", few / many);
    bench::figure("store_cost_at_1000_to_10", few_stored / more_stored);
    bench::figure("memory_to_reference_at_100000", many / slow);
}
