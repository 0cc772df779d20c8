// The devices of an app: what they show, what a manager may, and what becomes of a dead token.
#include <cryptoperiod/service/local_push.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cstdio>
#include <string>
#include <string_view>

namespace cp = cryptoperiod;
using cp::iam::access_policy;
using cp::iam::role;
using local_push = cp::service::local_push<cp::store::memory_store, cp::manual_clock>;

namespace {

template <class T>
void say(char const* what, cp::result<T> const& answer) {
    auto const code = answer ? cp::errc{} : answer.error().code;
    std::printf(
        "%-30s: %s\n", what,
        answer ? "done"
               : (std::string(to_string(code)) + ", HTTP " + std::to_string(cp::http_status(code)))
                     .c_str());
}
cp::result<cp::iam::access_token> token_of(local_push& all, std::string const& iam_id) {
    CRYPTOPERIOD_TRY(auto const who, cp::iam::user(iam_id, "acme"));
    return all.token_of(who);
}
cp::result<void> list(local_push& all, cp::service::application_id const& app) {
    CRYPTOPERIOD_TRY(auto const manager, token_of(all, "manager"));
    CRYPTOPERIOD_TRY(auto const devices, all.push().list_devices(app, manager.expose()));
    for (auto const& device : devices) {
        CRYPTOPERIOD_TRY(auto const json, to_json(device));
        std::printf("  %s\n", json.c_str());
    }
    std::printf("  %zu registered\n", devices.size());
    return {};
}

cp::result<void> run() {
    CRYPTOPERIOD_TRY(auto const master, cp::crypto::random_secret<32>(cp::crypto::os_entropy{}));
    cp::manual_clock clock{cp::civil(2026, 3, 1)};
    cp::store::memory_store store;  // or a file: adapters/sqlite_store.hpp
    CRYPTOPERIOD_TRY(auto const all, local_push::open(store, master, clock));
    auto& push = all->push();
    for (auto const& policy :
         {access_policy({"1", "boss", "imfpush", "acme", role::platform_operator}),
          access_policy({"2", "manager", "imfpush", "acme", role::manager})})
        if (auto added = all->policies().add(policy); !added) return std::move(added).error();
    CRYPTOPERIOD_TRY(auto const boss, token_of(*all, "boss"));
    CRYPTOPERIOD_TRY(auto const shop,
                     push.provision(boss.expose(), {.region = "us-south", .id = "shop"}));

    // What apps are given at run time, and never have built in.
    cp::iam::secret_text const secret(shop.client_secret.clone());
    cp::service::shown const app{.client_secret = secret.expose()};
    CRYPTOPERIOD_TRY(auto const phone,
                     cp::device::parse_registration(
                         R"({"deviceId": "phone", "platform": "G", "token": "fcm-1"})"));
    CRYPTOPERIOD_TRY(auto const tablet,
                     cp::device::parse_registration(R"({"deviceId": "tablet", "platform": "A",
                                                        "token": "apns-1", "userId": "u-17"})"));
    say("phone, without clientSecret", push.register_device(shop.app, phone, {}));
    say("phone, with a wrong one", push.register_device(shop.app, phone, {.client_secret = "x"}));
    say("phone", push.register_device(shop.app, phone, app, "okhttp/4.12"));
    say("phone, again", push.register_device(shop.app, phone, app));
    say("tablet, with userId", push.register_device(shop.app, tablet, app, "CFNetwork"));

    clock.advance(std::chrono::hours{1});
    CRYPTOPERIOD_TRY(auto const update, cp::device::parse_update(R"({"token": "fcm-2"})"));
    say("phone, its new token", push.update_device(shop.app, phone.id, update, app));
    say("list, with the clientSecret", push.list_devices(shop.app, {}));
    if (auto listed = list(*all, shop.app); !listed) return listed;

    // FCM says that a token is of nobody: the old one is not the phone's any more, the new one is.
    say("dead token: fcm-1", push.report_dead_token(shop.app, phone.id, "fcm-1"));
    say("phone", push.find_device(shop.app, phone.id, app));
    say("dead token: fcm-2", push.report_dead_token(shop.app, phone.id, "fcm-2"));
    say("phone", push.find_device(shop.app, phone.id, app));
    say("tablet, unregistered", push.unregister_device(shop.app, tablet.id, app));
    return list(*all, shop.app);
}

}  // namespace

int main() {
    auto const done = run();
    if (done) return 0;
    std::printf("%s\n", to_string(done.error()).c_str());
    return 1;
}
