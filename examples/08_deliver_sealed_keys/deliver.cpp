// An app fetches its credential sets from its server, sealed for the key pair that it has made; a
// set that somebody else has got hold of is replaced without a new version of the app.
//
// Built into the app: its id and the server's public key. Neither is a secret.
#include <cryptoperiod/service/local_push.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cp = cryptoperiod;
using cp::iam::access_policy;
using cp::iam::role;
using local_push = cp::service::local_push<cp::store::memory_store, cp::manual_clock>;

namespace {

template <class T>
void say(char const* what, cp::result<T> const& answer) {
    std::printf("%-26s: %s\n", what,
                answer ? "done" : std::string(to_string(answer.error().code)).c_str());
}
cp::result<cp::iam::access_token> token_of(local_push& all, std::string const& iam_id) {
    CRYPTOPERIOD_TRY(auto const who, cp::iam::user(iam_id, "acme"));
    return all.token_of(who);
}
/// A set that is handed out from now on.
cp::result<std::string> active_set(local_push& all, cp::service::application_id const& app,
                                   std::string_view manager) {
    CRYPTOPERIOD_TRY(auto const made, all.push().create_credential_set(manager, app));
    if (auto on = all.push().activate_credential_set(manager, app, made.key); !on)
        return std::move(on).error();
    return made.key;
}

cp::result<void> run() {
    cp::crypto::os_entropy random;
    CRYPTOPERIOD_TRY(auto const master, cp::crypto::random_secret<32>(random));
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
    cp::iam::secret_text const secret(shop.client_secret.clone());
    CRYPTOPERIOD_TRY(auto const token, token_of(*all, "manager"));
    auto const manager = token.expose();
    CRYPTOPERIOD_TRY(auto const first, active_set(*all, shop.app, manager));
    CRYPTOPERIOD_TRY(auto const server_key, push.delivery_key(manager, shop.app));

    // The app: a key pair of its own, a nonce for each request, and what ties the answer to the
    // connection that brings it (of TLS: its exporter, RFC 9266).
    CRYPTOPERIOD_TRY(auto own_key, cp::crypto::x25519::generate(random));
    cp::crypto::hpke::key_pair const own(std::move(own_key));
    cp::credentials::delivery_receiver app("shop",
                                           cp::credentials::opened_by_key_pair{&own, server_key});
    auto const connection = cp::bytes_of("connection 1");
    CRYPTOPERIOD_TRY(auto const nonce, app.ask(random));
    cp::service::delivery_request const request{nonce, own.public_key(), connection};

    say("with a wrong clientSecret", push.deliver_keys(shop.app, request, "guessed"));
    CRYPTOPERIOD_TRY(auto const message, push.deliver_keys(shop.app, request, secret.expose()));
    say("over another connection", app.accept(message, clock.now(), cp::bytes_of("connection 2")));
    CRYPTOPERIOD_TRY(auto const before, app.accept(message, clock.now(), connection));
    std::printf("%-26s: %zu set, the first: %s\n", "delivered", before.sets.size(),
                before.sets[0].key == first ? "yes" : "no");
    say("the same message again", app.accept(message, clock.now(), connection));
    say("the app connects", push.present(shop.app, before.sets[0].key, {"1.0", "d1"}));

    // The set has leaked: another one takes its place, and the leaked one is deleted by force.
    say("first, compromised", push.mark_compromised(manager, shop.app, first));
    CRYPTOPERIOD_TRY(auto const second, active_set(*all, shop.app, manager));
    say("first, deleted", push.delete_credential_set(manager, shop.app, first));
    say("first, deleted by force", push.delete_credential_set(manager, shop.app, first, true));
    say("the app connects", push.present(shop.app, before.sets[0].key, {"1.0", "d1"}));

    // Rejected, it asks again.
    CRYPTOPERIOD_TRY(auto const next, app.ask(random));
    CRYPTOPERIOD_TRY(
        auto const answer,
        push.deliver_keys(shop.app, {next, own.public_key(), connection}, secret.expose()));
    CRYPTOPERIOD_TRY(auto const after, app.accept(answer, clock.now(), connection));
    std::printf("%-26s: %zu set, the second: %s\n", "delivered", after.sets.size(),
                after.sets[0].key == second ? "yes" : "no");
    say("the app connects", push.present(shop.app, after.sets[0].key, {"1.0", "d1"}));
    return {};
}

}  // namespace

int main() {
    auto const done = run();
    if (done) return 0;
    std::printf("%s\n", to_string(done.error()).c_str());
    return 1;
}
