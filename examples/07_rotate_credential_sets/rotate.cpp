// Credential sets that overlap: the old one works until its last device has left it.
//
// A set that was deleted cannot be restored, and a device that has no other is cut off. So the
// service counts who still presents a set, and refuses to delete it meanwhile.
#include <cryptoperiod/service/local_push.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace cp = cryptoperiod;
using cp::iam::access_policy;
using cp::iam::role;
using cp::service::application_id;
using local_push = cp::service::local_push<cp::store::memory_store, cp::manual_clock>;

namespace {

void say(char const* what, cp::result<void> const& answer) {
    std::printf("%-26s: %s\n", what, answer ? "done" : to_string(answer.error()).c_str());
}
/// A token lives for an hour, and this example for weeks.
cp::result<cp::iam::access_token> token_of(local_push& all, std::string const& iam_id) {
    CRYPTOPERIOD_TRY(auto const who, cp::iam::user(iam_id, "acme"));
    return all.token_of(who);
}
/// A set that is handed out from now on.
cp::result<std::string> active_set(local_push& all, application_id const& app) {
    CRYPTOPERIOD_TRY(auto const manager, token_of(all, "manager"));
    CRYPTOPERIOD_TRY(auto const made, all.push().create_credential_set(manager.expose(), app));
    if (auto on = all.push().activate_credential_set(manager.expose(), app, made.key); !on)
        return std::move(on).error();
    return made.key;
}
cp::result<void> list(local_push& all, application_id const& app, std::string_view first) {
    CRYPTOPERIOD_TRY(auto const manager, token_of(all, "manager"));
    CRYPTOPERIOD_TRY(auto const sets, all.push().list_credential_sets(manager.expose(), app));
    for (auto const& set : sets)
        std::printf("  %s set: %s, %d devices in the last 30 days\n",
                    set.key == first ? "first" : "second", set.state.c_str(),
                    static_cast<int>(set.devices));
    return {};
}

cp::result<void> run() {
    CRYPTOPERIOD_TRY(auto const master, cp::crypto::random_secret<32>(cp::crypto::os_entropy{}));
    cp::manual_clock clock{cp::civil(2026, 3, 1)};
    cp::store::memory_store store;  // or a file: adapters/sqlite_store.hpp
    // This server sees who connects: a device that presents a key is one that uses it.
    cp::service::push_options options;
    options.unproven = cp::service::unproven_uses::counted;
    CRYPTOPERIOD_TRY(auto const all, local_push::open(store, master, clock, std::move(options)));
    auto& push = all->push();
    for (auto const& policy :
         {access_policy({"1", "boss", "imfpush", "acme", role::platform_operator}),
          access_policy({"2", "manager", "imfpush", "acme", role::manager})})
        if (auto added = all->policies().add(policy); !added) return std::move(added).error();
    CRYPTOPERIOD_TRY(auto const boss, token_of(*all, "boss"));
    CRYPTOPERIOD_TRY(auto const shop,
                     push.provision(boss.expose(), {.region = "us-south", .id = "shop"}));

    CRYPTOPERIOD_TRY(auto const first, active_set(*all, shop.app));
    for (auto const* device : {"d1", "d2", "d3"})
        if (auto in = push.present(shop.app, first, {"1.0", device}); !in) return in;

    // Version 2.0 brings the second set; two of the three devices install it.
    clock.advance(cp::days{10});
    CRYPTOPERIOD_TRY(auto const second, active_set(*all, shop.app));
    for (auto const* device : {"d1", "d2"})
        if (auto in = push.present(shop.app, second, {"2.0", device}); !in) return in;
    if (auto in = push.present(shop.app, first, {"1.0", "d3"}); !in) return in;
    if (auto listed = list(*all, shop.app, first); !listed) return listed;

    CRYPTOPERIOD_TRY(auto const early, token_of(*all, "manager"));
    say("first, not handed out", push.retire_credential_set(early.expose(), shop.app, first));
    say("first, presented by d3", push.present(shop.app, first, {"1.0", "d3"}));
    say("first, deleted", push.delete_credential_set(early.expose(), shop.app, first));

    // The third device updates as well; the old set rests for thirty days.
    clock.advance(cp::days{31});
    if (auto in = push.present(shop.app, second, {"2.0", "d3"}); !in) return in;
    if (auto listed = list(*all, shop.app, first); !listed) return listed;
    CRYPTOPERIOD_TRY(auto const late, token_of(*all, "manager"));
    say("first, deleted", push.delete_credential_set(late.expose(), shop.app, first));
    auto const gone = push.present(shop.app, first, {"1.0", "d4"});
    std::printf("%-26s: %s\n", "first, presented by d4",
                gone ? "done" : std::string(to_string(gone.error().code)).c_str());

    // By force it goes at once, and whoever has no other set is cut off.
    say("second, deleted", push.delete_credential_set(late.expose(), shop.app, second));
    say("second, deleted by force",
        push.delete_credential_set(late.expose(), shop.app, second, true));
    return list(*all, shop.app, first);
}

}  // namespace

int main() {
    auto const done = run();
    if (done) return 0;
    std::printf("%s\n", to_string(done.error()).c_str());
    return 1;
}
