// "Bring your own key": an instance of the push service whose settings a customer's root key
// protects, from the first refusal to the deletion.
//
// IAM, the customer's key store and the push service live in this process (local_push); push sees
// the root key as it would see one of a key management elsewhere: by tokens and policies.
#include <cryptoperiod/service/local_push.hpp>
#include <cryptoperiod/settings/settings_document.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cstdio>
#include <string>

namespace cp = cryptoperiod;
using cp::iam::access_policy;
using cp::iam::role;
using cp::settings::kind;
using local_push = cp::service::local_push<cp::store::memory_store, cp::manual_clock>;

namespace {

template <class T>
bool say(char const* what, cp::result<T> const& answer) {
    auto const code = answer ? cp::errc{} : answer.error().code;
    std::printf(
        "%-27s: %s\n", what,
        answer ? "done"
               : (std::string(to_string(code)) + ", HTTP " + std::to_string(cp::http_status(code)))
                     .c_str());
    return answer.has_value();
}
cp::result<cp::iam::access_token> token_of(local_push& all, std::string const& iam_id) {
    CRYPTOPERIOD_TRY(auto const who, cp::iam::user(iam_id, "acme"));
    return all.token_of(who);
}

cp::result<void> run() {
    CRYPTOPERIOD_TRY(auto const ours, cp::crypto::random_secret<32>(cp::crypto::os_entropy{}));
    CRYPTOPERIOD_TRY(auto theirs, cp::crypto::random_secret<32>(cp::crypto::os_entropy{}));
    cp::manual_clock clock{cp::civil(2026, 3, 1)};
    cp::store::memory_store store, books;  // or files: adapters/sqlite_store.hpp
    CRYPTOPERIOD_TRY(auto const all, local_push::open(store, ours, clock));
    auto& push = all->push();

    // The customer: a key store with a root key, and two people.
    CRYPTOPERIOD_TRY(auto const name,
                     cp::parse_crn("crn:v1:bluemix:public:kms:us-south:a/acme:acme-keys::"));
    CRYPTOPERIOD_TRY(auto* const keys, all->add_key_store(name, books, std::move(theirs)));
    for (auto const& policy :
         {access_policy({"1", "owner", "kms", "acme", role::manager}),
          access_policy({"2", "boss", "imfpush", "acme", role::manager}),
          access_policy({"3", "boss", "imfpush", "acme", role::platform_operator})})
        if (auto added = all->policies().add(policy); !added) return std::move(added).error();
    CRYPTOPERIOD_TRY(auto const owner, token_of(*all, "owner"));
    CRYPTOPERIOD_TRY(auto const boss_token, token_of(*all, "boss"));
    auto const boss = boss_token.expose();
    CRYPTOPERIOD_TRY(auto const root_key, keys->create_key(owner));

    cp::service::provision_request const request{.plan = cp::instance::plan::advanced,
                                                 .region = "us-south",
                                                 .root_key = cp::kms::crn_of_key(name, root_key),
                                                 .id = "shop"};
    say("without the authorization", push.provision(boss, request));
    auto const authorized =
        all->policies().add(cp::iam::authorization_policy({.id = "4", .account = "acme"}));
    say("the authorization", authorized);
    CRYPTOPERIOD_TRY(auto const shop, push.provision(boss, request));
    std::printf("%s\n", to_string(shop.name).c_str());

    CRYPTOPERIOD_TRY(auto const settings,
                     cp::settings::parse_settings(
                         kind::gcm, R"({"senderId": "4711", "apiKey": "AIza-of-the-shop"})"));
    say("gcmConf sealed", push.put_settings(boss, shop.app, settings));

    // The customer takes the power away, and gives it back.
    say("root key disabled", keys->disable_key(owner, root_key));
    CRYPTOPERIOD_TRY(auto const lost, push.obey_key_events());
    std::printf("%-27s: %d\n", "suspended", static_cast<int>(lost.suspended));
    say("gcmConf", push.settings(boss, shop.app, kind::gcm));
    clock.advance(std::chrono::minutes{5});
    say("root key enabled", keys->enable_key(owner, root_key));
    CRYPTOPERIOD_TRY(auto const back, push.obey_key_events());
    std::printf("%-27s: %d\n", "resumed", static_cast<int>(back.resumed));
    say("gcmConf", push.settings(boss, shop.app, kind::gcm));

    // The key cannot go while the instance is there.
    say("root key deleted", keys->delete_key(owner, root_key));
    say("instance deleted", push.delete_instance(boss, shop.app));
    say("root key deleted", keys->delete_key(owner, root_key));
    return {};
}

}  // namespace

int main() {
    auto const done = run();
    if (done) return 0;
    std::printf("%s\n", to_string(done.error()).c_str());
    return 1;
}
