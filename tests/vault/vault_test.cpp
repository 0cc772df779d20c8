#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/kms/local_kms.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cryptoperiod/vault/vault.hpp>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "push_instance.hpp"

using namespace cryptoperiod;
using store::memory_store;

namespace {

using local = kms::local_kms<memory_store, kms::in_process, crypto::os_entropy, manual_clock>;
kms::caller const who{};

crn instance(std::string name = "instance-1") { return test::push_instance(std::move(name)); }

/// Key management that can be down, and counts what it is asked.
class counted_kms {
public:
    using token = kms::caller;
    explicit counted_kms(local& inner) : inner_(inner) {}

    bool down = false;
    int wraps = 0, unwraps = 0, rewraps = 0;
    std::function<void()> on_the_way_back{};  ///< once, when the answer is on its way

    result<kms::wrapped_key> wrap(token const& t, kms::key_id const& k,
                                  std::span<std::byte const> p, std::span<std::byte const> a) {
        if (down) return unavailable();
        return inner_.wrap(t, k, p, a);
    }
    result<kms::data_key> wrap_new(token const& t, kms::key_id const& k,
                                   std::span<std::byte const> a) {
        if (down) return unavailable();
        ++wraps;
        return answered(inner_.wrap_new(t, k, a));
    }
    result<kms::unwrapped_key> unwrap(token const& t, kms::key_id const& k,
                                      std::span<std::byte const> c, std::span<std::byte const> a) {
        if (down) return unavailable();
        ++unwraps;
        return answered(inner_.unwrap(t, k, c, a));
    }
    result<kms::rewrapped_key> rewrap(token const& t, kms::key_id const& k,
                                      std::span<std::byte const> c, std::span<std::byte const> a) {
        if (down) return unavailable();
        ++rewraps;
        return inner_.rewrap(t, k, c, a);
    }
    result<void> register_service(token const& t, kms::key_id const& k, crn const& r, bool p) {
        return inner_.register_service(t, k, r, p);
    }
    result<void> unregister_service(token const& t, kms::key_id const& k, crn const& r) {
        return inner_.unregister_service(t, k, r);
    }
    result<std::vector<kms::lifecycle_event>> events_for(token const& t, kms::key_id const& id,
                                                         crn const& r) {
        return inner_.events_for(t, id, r);
    }
    result<void> acknowledge(token const& t, kms::lifecycle_event const& e) {
        return inner_.acknowledge(t, e);
    }
    result<void> report_conflict(token const& t, kms::lifecycle_event const& e) {
        return inner_.report_conflict(t, e);
    }

private:
    template <class Answer>
    Answer answered(Answer answer) {
        if (on_the_way_back) std::exchange(on_the_way_back, {})();
        return answer;
    }
    static error unavailable() { return {errc::kms_unavailable, "it does not answer"}; }
    local& inner_;
};

std::vector<std::byte> test_bytes(std::string_view text) {
    auto const bytes = bytes_of(text);
    return {bytes.begin(), bytes.end()};
}

template <class Outage = vault::fail_closed, class Store = memory_store>
using test_vault = vault::vault<counted_kms, Store, vault::data_key_cache<Outage>,
                                crypto::os_entropy, manual_clock>;

struct fixture {
    memory_store keys, records;
    manual_clock clock{civil(2026, 1, 1)};
    local inner{keys, kms::master_key{}, clock};
    counted_kms kms{inner};
    test_vault<> safe{kms, records, clock};
    kms::key_id root = inner.create_key(who).value();

    void seal(std::string const& platform, std::string const& text,
              std::string const& of = "instance-1") {
        BOOST_REQUIRE(safe.seal(who, root, instance(of), platform, bytes_of(text)));
    }
    template <class Vault>
    std::string read_by(Vault& v, std::string const& platform,
                        std::string const& of = "instance-1") {
        auto const r = v.open(who, instance(of), platform);
        if (!r) return std::string(to_string(r.error().code));
        auto const bytes = r->payload.expose();
        return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
    }
    /// What a process that has nothing in its cache reads.
    std::string read(std::string const& platform, std::string const& of = "instance-1") {
        test_vault<> fresh(kms, records, clock);
        return read_by(fresh, platform, of);
    }
    std::vector<std::byte> kept(std::string const& platform, std::string const& of = "instance-1") {
        return records.get("vault/" + to_string(instance(of)) + " " + platform).value()->value;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(vault_vault, fixture)

// ---- seal and open ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_was_sealed_opens_and_what_was_not_is_not_found) {
    seal("apnsConf", "certificate");
    BOOST_TEST(read("apnsConf") == "certificate");
    BOOST_TEST(read("gcmConf") == "record_not_found");
    BOOST_TEST(read("apnsConf", "instance-2") == "record_not_found");
}
BOOST_AUTO_TEST_CASE(each_seal_makes_the_next_version_of_the_record) {
    for (std::uint64_t v = 1; v != 4; ++v)
        BOOST_TEST(safe.seal(who, root, instance(), "gcmConf", bytes_of("x")).value() == v);
    BOOST_TEST(safe.open(who, instance(), "gcmConf")->version == 3U);
}
BOOST_AUTO_TEST_CASE(an_empty_and_a_large_payload_are_payloads) {
    seal("a", "");
    seal("b", std::string(500'000, 'x'));
    BOOST_TEST(read("a").empty());
    BOOST_TEST(read("b").size() == 500'000U);
}
BOOST_AUTO_TEST_CASE(a_crn_inside_an_instance_and_a_platform_of_no_name_are_refused) {
    auto inside = instance();
    inside.resource_type = "key";
    inside.resource = "1";
    BOOST_TEST(!safe.seal(who, root, inside, "gcmConf", {}));
    BOOST_TEST(!safe.seal(who, root, instance(), "", {}));
    BOOST_TEST(!safe.seal(who, root, instance(), "a b", {}));
}
BOOST_AUTO_TEST_CASE(the_platforms_of_an_instance_are_listed) {
    seal("b", "1"), seal("a", "2"), seal("c", "3", "instance-2");
    BOOST_TEST(safe.list(instance()).value() == (std::vector<std::string>{"a", "b"}),
               boost::test_tools::per_element());
    BOOST_TEST(safe.list(instance(), "a").value() == std::vector<std::string>{"b"},
               boost::test_tools::per_element());
}
BOOST_AUTO_TEST_CASE(a_listing_ends_where_the_records_end_and_no_page_does) {
    std::vector<std::byte> const large(900'000);
    std::vector<std::string> all;
    for (std::string const p : {"a", "b", "c", "d", "e", "f", "g"}) {
        BOOST_REQUIRE(safe.seal(who, root, instance(), p, large));
        all.push_back(p);
    }
    BOOST_TEST(safe.list(instance()).value() == all, boost::test_tools::per_element());
    BOOST_TEST(safe.list(instance(), "b", 4)->back() == "f");
}

// ---- tenants ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_record_of_one_place_opens_in_no_other) {
    seal("a", "of one"), seal("b", "of one, too"), seal("a", "of two", "instance-2");
    auto const place = [](std::string const& platform, std::string const& of) {
        return "vault/" + to_string(instance(of)) + " " + platform;
    };
    auto const moved = [&](std::string const& to_platform, std::string const& to_instance) {
        auto const there = records.get(place(to_platform, to_instance)).value();
        BOOST_REQUIRE(records.compare_and_swap(there->key, there->version, kept("a")));
        auto const answer = read(to_platform, to_instance);
        BOOST_REQUIRE(records.compare_and_swap(there->key, records.get(there->key).value()->version,
                                               there->value));
        return answer;
    };
    BOOST_TEST(moved("b", "instance-1") == "wrong_context");
    BOOST_TEST(moved("a", "instance-2") == "wrong_context");
    BOOST_TEST(moved("a", "instance-1") == "of one");
}
BOOST_AUTO_TEST_CASE(no_bit_of_a_kept_record_can_be_changed) {
    seal("a", "text");
    auto const place = "vault/" + to_string(instance()) + " a";
    auto const good = kept("a");
    for (std::size_t i = 0; i != good.size(); ++i) {
        auto altered = good;
        altered[i] ^= std::byte{1};
        BOOST_REQUIRE(
            records.compare_and_swap(place, records.get(place).value()->version, altered));
        BOOST_TEST_REQUIRE(read("a") != "text", "byte " << i);
    }
}
BOOST_AUTO_TEST_CASE(who_names_the_version_that_is_replaced_replaces_no_other) {
    auto const text = bytes_of("payload");
    auto const seal = [&](std::uint64_t replaces) {
        auto const sealed = safe.seal(who, root, instance(), "a", text, replaces);
        return sealed ? std::to_string(*sealed) : std::string(to_string(sealed.error().code));
    };
    BOOST_TEST(seal(1) == "store_conflict");
    BOOST_TEST(seal(0) == "1");
    BOOST_TEST(seal(0) == "store_conflict");
    BOOST_TEST(seal(1) == "2");
    BOOST_TEST(seal(1) == "store_conflict");
    BOOST_TEST(safe.open(who, instance(), "a")->version == 2U);
}
BOOST_AUTO_TEST_CASE(no_byte_of_the_outer_block_has_a_second_spelling) {
    seal("a", "text");
    auto const place = "vault/" + to_string(instance()) + " a";
    auto const good = records.get(place).value()->value;
    auto const outer = crypto::parse_envelope(good)->outer.size();
    auto damaged = good;
    damaged[4 + outer - 1] ^= std::byte{1};  // of the wrapped data key
    BOOST_REQUIRE(records.compare_and_swap(place, records.get(place).value()->version, damaged));
    BOOST_TEST(to_string(safe.open(who, instance(), "a").error())
                   .starts_with("ciphertext_refused: the record 'a' is damaged or was altered; "
                                "restore it from a copy ("));
    for (std::size_t i = 4; i != 4 + outer; ++i)
        for (unsigned change = 1; change != 256; ++change) {
            auto altered = good;
            altered[i] ^= static_cast<std::byte>(change);
            BOOST_REQUIRE(
                records.compare_and_swap(place, records.get(place).value()->version, altered));
            BOOST_TEST_REQUIRE(read("a") != "text", "byte " << i << " changed by " << change);
        }
}
BOOST_AUTO_TEST_CASE(a_record_that_was_put_back_is_seen_by_who_asks_for_its_successor) {
    seal("a", "old");
    auto const old = kept("a");
    seal("a", "new");
    auto const place = "vault/" + to_string(instance()) + " a";
    BOOST_REQUIRE(records.compare_and_swap(place, records.get(place).value()->version, old));
    BOOST_TEST(read("a") == "old");  // it is genuine
    auto const asked = safe.open(who, instance(), "a", 2);
    BOOST_REQUIRE(!asked);
    BOOST_TEST(to_string(asked.error()) ==
               "wrong_context: the record is version 1, not 2 or later: an older one was put back");
}
BOOST_AUTO_TEST_CASE(what_is_damaged_is_not_sealed_over_and_has_no_version_after_the_last) {
    seal("a", "x");
    auto const place = "vault/" + to_string(instance()) + " a";
    auto last = kept("a");
    auto const version_at = 4 + crypto::parse_envelope(last)->outer.size() + 2 +
                            crypto::parse_envelope(last)->context.size() - 8;
    for (std::size_t i = 0; i != 8; ++i) last[version_at + i] = std::byte{0xff};
    for (auto const& damaged : {last, test_bytes("not an envelope")}) {
        BOOST_REQUIRE(
            records.compare_and_swap(place, records.get(place).value()->version, damaged));
        auto const answer = safe.seal(who, root, instance(), "a", {});
        BOOST_REQUIRE(!answer);
        BOOST_TEST(to_string(answer.error()) ==
                   "malformed: what lies in the place of 'a' is damaged; shred it, then seal");
    }
    BOOST_TEST(safe.shred(instance(), "a").value() == 1U);
    seal("a", "y");
    BOOST_TEST(read("a") == "y");
}
BOOST_AUTO_TEST_CASE(a_root_key_id_that_no_envelope_holds_is_refused_before_anybody_is_asked) {
    for (auto const& id : {std::string(256, 'k'), std::string("two words")}) {
        auto const odd = kms::key_id::parse(id);
        if (!odd) continue;
        auto const answer = safe.seal(who, *odd, instance(), "a", {});
        BOOST_REQUIRE(!answer);
        BOOST_TEST((answer.error().code == errc::malformed));
    }
    BOOST_TEST(kms.wraps == 0);
}

// ---- the cache ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_data_key_serves_until_it_is_too_old) {
    for (int i = 0; i < 10; ++i) seal("a", "x");
    BOOST_TEST(kms.wraps == 1);
    for (int i = 0; i < 10; ++i) BOOST_TEST(read_by(safe, "a") == "x");
    BOOST_TEST(kms.unwraps == 1);
    clock.advance(milliseconds{5 * 60'000});
    seal("a", "y");
    BOOST_TEST(kms.wraps == 2);
}
BOOST_AUTO_TEST_CASE(a_data_key_seals_so_many_messages_and_bytes) {
    test_vault<> few(kms, records, clock, {.messages = 3});
    for (int i = 0; i < 7; ++i)
        BOOST_REQUIRE(few.seal(who, root, instance(), "a", bytes_of("1234567890")));
    BOOST_TEST(kms.wraps == 3);
    test_vault<> small(kms, records, clock, {.bytes = 25});
    for (int i = 0; i < 4; ++i)
        BOOST_REQUIRE(small.seal(who, root, instance(), "a", bytes_of("1234567890")));
    BOOST_TEST(kms.wraps == 5);
    test_vault<> none(kms, records, clock, {.age_ms = 0});
    for (int i = 0; i < 2; ++i) BOOST_REQUIRE(none.seal(who, root, instance(), "a", bytes_of("x")));
    BOOST_TEST(kms.wraps == 7);
}
BOOST_AUTO_TEST_CASE(instances_and_platforms_share_no_data_key) {
    seal("a", "x"), seal("b", "x"), seal("a", "x", "instance-2");
    BOOST_TEST(kms.wraps == 3);
    std::set<std::string> ids;
    for (auto const& record : {kept("a"), kept("b"), kept("a", "instance-2")}) {
        ids.insert(to_hex(crypto::parse_envelope(record)->key_id));
    }
    BOOST_TEST(ids.size() == 3U);
}
BOOST_AUTO_TEST_CASE(the_cache_forgets_the_least_recently_used) {
    test_vault<> tight(kms, records, clock, {.entries = 2});
    for (std::string const p : {"a", "b", "c"}) seal(p, p);
    for (std::string const p : {"a", "b", "a", "c", "a", "b"}) BOOST_TEST(read_by(tight, p) == p);
    BOOST_TEST(kms.unwraps == 4);  // a, b, c, and b again
}
BOOST_AUTO_TEST_CASE(a_key_that_is_too_old_leaves_the_cache_when_it_is_asked_for) {
    vault::data_key_cache<vault::serve_stale<1>> cache({.age_ms = 10});
    auto const key = std::make_shared<vault::data_key_in_use>();
    cache.keep_for_opening("k", key, cache.forgettings());
    BOOST_TEST((cache.for_opening("k", 10) == nullptr));
    BOOST_TEST((cache.for_opening_in_outage("k", 1009) != nullptr));
    BOOST_TEST(cache.size() == 1U);
    BOOST_TEST((cache.for_opening("k", 1010) == nullptr));
    BOOST_TEST(cache.size() == 0U);
}
BOOST_AUTO_TEST_CASE(a_clock_that_goes_back_makes_no_key_young) {
    vault::data_key_cache<> cache;
    auto key = std::make_shared<vault::data_key_in_use>();
    key->since_ms = 1'000;
    cache.keep_for_opening("k", key, cache.forgettings());
    BOOST_TEST((cache.for_opening("k", 1'000) != nullptr));
    BOOST_TEST((cache.for_opening("k", 999) == nullptr));
}

// ---- an outage, and a revocation ----------------------------------------------------------------

BOOST_AUTO_TEST_CASE(in_an_outage_the_default_is_closed_when_the_cache_is_too_old) {
    seal("a", "x");
    BOOST_TEST(read_by(safe, "a") == "x");
    kms.down = true;
    BOOST_TEST(read_by(safe, "a") == "x");
    clock.advance(milliseconds{5 * 60'000});
    BOOST_TEST(read_by(safe, "a") == "kms_unavailable");
    BOOST_TEST(to_string(safe.seal(who, root, instance(), "a", {}).error().code) ==
               "kms_unavailable");
}
BOOST_AUTO_TEST_CASE(serve_stale_opens_so_much_longer_and_seals_nothing) {
    test_vault<vault::serve_stale<60>> patient(kms, records, clock);
    seal("a", "x");
    BOOST_TEST(read_by(patient, "a") == "x");
    kms.down = true;
    clock.advance(milliseconds{5 * 60'000 + 59'999});
    BOOST_TEST(read_by(patient, "a") == "x");
    BOOST_TEST(!patient.seal(who, root, instance(), "a", {}));
    clock.advance(milliseconds{1});
    BOOST_TEST(read_by(patient, "a") == "kms_unavailable");
}
BOOST_AUTO_TEST_CASE(a_disabled_key_is_no_outage) {
    test_vault<vault::serve_stale<3600>> patient(kms, records, clock);
    seal("a", "x");
    BOOST_TEST(read_by(patient, "a") == "x");
    BOOST_REQUIRE(inner.disable_key(who, root));
    clock.advance(milliseconds{5 * 60'000});
    BOOST_TEST(read_by(patient, "a") == "key_disabled");
    kms.down = true;  // what was in the cache is gone
    BOOST_TEST(read_by(patient, "a") == "kms_unavailable");
    kms.down = false;
    BOOST_REQUIRE(inner.enable_key(who, root));
    BOOST_TEST(read_by(patient, "a") == "x");
}
BOOST_AUTO_TEST_CASE(a_revocation_closes_at_once) {
    seal("a", "x");
    BOOST_TEST(read_by(safe, "a") == "x");
    BOOST_REQUIRE(inner.disable_key(who, root));
    BOOST_TEST(read_by(safe, "a") == "x");  // the cache
    safe.revoke(root);
    BOOST_TEST(read_by(safe, "a") == "key_disabled");
    BOOST_TEST(safe.cached_keys() == 0U);
}
BOOST_AUTO_TEST_CASE(a_key_that_comes_after_its_revocation_is_not_kept) {
    auto const revoked = [&] {
        BOOST_TEST(inner.disable_key(who, root).has_value());
        safe.revoke(root);
    };
    kms.on_the_way_back = revoked;
    seal("a", "x");  // key management had allowed it
    BOOST_TEST(safe.cached_keys() == 0U);
    clock.advance(milliseconds{30'001});
    BOOST_REQUIRE(inner.enable_key(who, root));
    kms.on_the_way_back = revoked;
    BOOST_TEST(read_by(safe, "a") == "x");
    BOOST_TEST(read_by(safe, "a") == "key_disabled");
}
BOOST_AUTO_TEST_CASE(a_data_key_is_as_old_as_the_question) {
    seal("a", "x");
    kms.on_the_way_back = [&] { clock.advance(milliseconds{4 * 60'000}); };
    BOOST_TEST(read_by(safe, "a") == "x");
    clock.advance(milliseconds{60'000});
    BOOST_TEST(read_by(safe, "a") == "x");
    BOOST_TEST(kms.unwraps == 2);
}
BOOST_AUTO_TEST_CASE(after_the_root_key_is_deleted_and_the_cache_is_old_nothing_opens) {
    for (std::string const p : {"a", "b", "c"}) {
        seal(p, p);
        BOOST_TEST(read_by(safe, p) == p);
    }
    BOOST_REQUIRE(inner.delete_key(who, root));
    clock.advance(milliseconds{5 * 60'000});
    for (std::string const p : {"a", "b", "c"}) BOOST_TEST(read_by(safe, p) == "key_destroyed");
    BOOST_REQUIRE(inner.restore_key(who, root));
    for (std::string const p : {"a", "b", "c"}) BOOST_TEST(read_by(safe, p) == p);
}

// ---- shred --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(after_shredding_nothing_of_the_instance_opens_and_all_else_does) {
    seal("a", "x"), seal("b", "y"), seal("a", "z", "instance-2"), seal("a", "w", "instance-11");
    BOOST_TEST(read_by(safe, "a") == "x");
    BOOST_TEST(safe.shred(instance()).value() == 2U);
    BOOST_TEST(read_by(safe, "a") == "record_not_found");
    BOOST_TEST(read("b") == "record_not_found");
    BOOST_TEST(read("a", "instance-2") == "z");
    BOOST_TEST(read("a", "instance-11") == "w");
    BOOST_TEST(safe.shred(instance()).value() == 0U);
}
BOOST_AUTO_TEST_CASE(what_names_no_place_is_neither_listed_nor_shredded) {
    auto inside = instance();
    inside.resource_type = "key";
    inside.resource = "k";
    for (auto const& c : {inside, crn{}}) {
        BOOST_TEST(to_string(safe.list(c).error().code) != "ok");
        BOOST_TEST(!safe.shred(c));
    }
    BOOST_TEST((safe.shred(instance(), "a\nb").error().code == errc::malformed));
    BOOST_TEST((safe.shred(instance(), "").error().code == errc::malformed));
    vault::rewrap_options options;
    options.instance = inside;
    BOOST_TEST((safe.rewrap(who, options).error().code == errc::malformed));
}
BOOST_AUTO_TEST_CASE(a_payload_that_no_record_holds_is_refused_before_anybody_is_asked) {
    auto const answer = safe.seal(who, root, instance(), "a", std::vector<std::byte>(1'040'385));
    BOOST_REQUIRE(!answer);
    BOOST_TEST(to_string(answer.error()) ==
               "out_of_range: the payload has 1,040,385 bytes; a record holds at most 1,040,384");
    BOOST_TEST(kms.wraps == 0);
    BOOST_TEST(
        safe.seal(who, root, instance(), "a", std::vector<std::byte>(1'040'384)).has_value());
}
BOOST_AUTO_TEST_CASE(one_platform_is_shredded_alone) {
    seal("a", "x"), seal("ab", "y");
    BOOST_TEST(safe.shred(instance(), "a").value() == 1U);
    BOOST_TEST(read("a") == "record_not_found");
    BOOST_TEST(read("ab") == "y");
}

// ---- rotation and rewrap ------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(rotation_alone_makes_nothing_unreadable) {
    seal("a", "x");
    for (int i = 0; i < 5; ++i) {
        BOOST_REQUIRE(inner.rotate_key(who, root));
        clock.advance(milliseconds{ms_per_hour});
        BOOST_TEST(read("a") == "x");
    }
}
BOOST_AUTO_TEST_CASE(a_rewrap_changes_the_outer_block_and_no_payload) {
    for (int i = 0; i < 5; ++i) seal("p" + std::to_string(i), "text " + std::to_string(i));
    auto const before = kept("p3");
    BOOST_REQUIRE(inner.rotate_key(who, root));
    auto const done = safe.rewrap(who);
    BOOST_REQUIRE(done);
    BOOST_TEST(done->finished);
    BOOST_TEST(done->rewrapped == 5U);
    auto const after = kept("p3");
    auto const old_view = crypto::parse_envelope(before), new_view = crypto::parse_envelope(after);
    BOOST_TEST(new_view->wrapped.root.version == 2U);
    BOOST_TEST(std::ranges::equal(old_view->inner, new_view->inner));
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(read("p" + std::to_string(i)) == "text " + std::to_string(i));
}
BOOST_AUTO_TEST_CASE(a_second_rewrap_finds_all_current_and_asks_once) {
    for (int i = 0; i < 5; ++i) seal("p" + std::to_string(i), "x");
    BOOST_REQUIRE(inner.rotate_key(who, root));
    BOOST_REQUIRE(safe.rewrap(who));
    kms.rewraps = 0;
    auto const again = safe.rewrap(who).value();
    BOOST_TEST(again.rewrapped == 0U);
    BOOST_TEST(again.current == 5U);
    BOOST_TEST(kms.rewraps == 1);
}
BOOST_AUTO_TEST_CASE(a_rewrap_stops_and_goes_on_and_every_record_opens_at_every_step) {
    for (int i = 0; i < 9; ++i) seal("p" + std::to_string(i), std::to_string(i));
    BOOST_REQUIRE(inner.rotate_key(who, root));
    vault::rewrap_options options;
    std::uint64_t rewrapped = 0, runs = 0;
    options.after_each = [](auto const&) { return false; };  // one record a run
    for (bool finished = false; !finished; ++runs) {
        auto const one = safe.rewrap(who, options).value();
        rewrapped += one.rewrapped;
        finished = one.finished;
        options.cursor = one.cursor;
        if (runs == 4) BOOST_REQUIRE((clock.advance(milliseconds{ms_per_hour}), true));
        if (runs == 4) BOOST_REQUIRE(inner.rotate_key(who, root));  // in the midst of it
        for (int i = 0; i < 9; ++i)
            BOOST_TEST_REQUIRE(read("p" + std::to_string(i)) == std::to_string(i));
    }
    BOOST_TEST(rewrapped == 9U);
    BOOST_TEST(runs == 10U);
    BOOST_TEST(safe.rewrap(who)->rewrapped == 5U);  // those done before the second rotation
}
BOOST_AUTO_TEST_CASE(records_that_fail_are_counted_and_the_others_done) {
    seal("a", "x"), seal("b", "y"), seal("c", "z");
    BOOST_REQUIRE(inner.rotate_key(who, root));
    auto const place = "vault/" + to_string(instance()) + " b";
    BOOST_REQUIRE(records.compare_and_swap(place, records.get(place).value()->version,
                                           bytes_of("not an envelope")));
    auto const done = safe.rewrap(who).value();
    BOOST_TEST(done.rewrapped == 2U);
    BOOST_TEST(done.failed == 1U);
    BOOST_TEST(
        to_string(*done.last_failure) ==
        "malformed: the record 'crn:v1:bluemix:public:imfpush:us-south:a/acc:instance-1:: b': "
        "envelope: magic at offset 0 is not CPE1");
    BOOST_TEST(to_string(safe.open(who, instance(), "b").error()) ==
               "malformed: the record 'b' is damaged or was altered; restore it from a copy "
               "(envelope: magic at offset 0 is not CPE1)");
}
BOOST_AUTO_TEST_CASE(a_rewrap_stops_where_key_management_does_not_answer_and_goes_on_there) {
    for (int i = 0; i < 6; ++i) seal("p" + std::to_string(i), "x");
    BOOST_REQUIRE(inner.rotate_key(who, root));
    vault::rewrap_options options;
    options.after_each = [&](vault::rewrap_progress const& p) {
        kms.down = p.rewrapped == 2;
        return true;
    };
    auto const first = safe.rewrap(who, options).value();
    BOOST_TEST(!first.finished);
    BOOST_TEST(!first.is_complete());
    BOOST_TEST(first.rewrapped == 2U);
    BOOST_TEST(first.failed == 0U);
    BOOST_TEST(to_string(first.last_failure->code) == "kms_unavailable");
    kms.down = false;
    options = {};
    options.cursor = first.cursor;
    auto const rest = safe.rewrap(who, options).value();
    BOOST_TEST(rest.rewrapped == 4U);
    BOOST_TEST(rest.is_complete());
}
BOOST_AUTO_TEST_CASE(after_a_rewrap_nothing_is_sealed_under_the_old_version) {
    seal("a", "x");
    BOOST_REQUIRE(inner.rotate_key(who, root));
    BOOST_REQUIRE(safe.rewrap(who)->is_complete());
    seal("a", "y");
    seal("b", "z");
    BOOST_TEST(safe.rewrap(who)->rewrapped == 0U);
}
BOOST_AUTO_TEST_CASE(the_records_of_one_instance_are_rewrapped_alone) {
    seal("a", "x"), seal("b", "y"), seal("a", "z", "instance-2"), seal("a", "w", "instance-11");
    BOOST_REQUIRE(inner.rotate_key(who, root));
    vault::rewrap_options options;
    options.instance = instance();
    auto const done = safe.rewrap(who, options).value();
    BOOST_TEST(done.rewrapped == 2U);
    BOOST_TEST(done.seen == 2U);
}
BOOST_AUTO_TEST_CASE(a_rewrap_keeps_its_pace) {
    for (int i = 0; i < 4; ++i) seal("p" + std::to_string(i), "x");
    BOOST_REQUIRE(inner.rotate_key(who, root));
    std::int64_t waited_ms = 0;
    vault::rewrap_options options;
    options.calls_per_second = 10;
    options.pause = [&](milliseconds turn) { waited_ms += turn.count(); };
    BOOST_REQUIRE(safe.rewrap(who, options));
    BOOST_TEST(waited_ms >= 400);
}

namespace {
/// A store whose n-th write kills the process, before or after it happened.
class dying_store {
public:
    static constexpr bool durable = false;
    dying_store(memory_store& inner, int writes_left, bool after)
        : inner_(inner), left_(writes_left), after_(after) {}

    result<std::optional<store::entry>> get(std::string_view key) const {
        if (left_ < 0) return dead();
        return inner_.get(key);
    }
    result<store::page> list(std::string_view p, std::string_view a, std::size_t n) const {
        if (left_ < 0) return dead();
        return inner_.list(p, a, n);
    }
    result<std::uint64_t> compare_and_swap(std::string_view key, std::uint64_t expected,
                                           std::span<std::byte const> value) {
        if (left_ >= 0 && --left_ < 0) {
            if (after_) static_cast<void>(inner_.compare_and_swap(key, expected, value));
            return dead();
        }
        if (left_ < 0) return dead();
        return inner_.compare_and_swap(key, expected, value);
    }
    result<void> compare_and_erase(std::string_view key, std::uint64_t expected) {
        if (left_ < 0) return dead();
        return inner_.compare_and_erase(key, expected);
    }

private:
    static error dead() { return {errc::store_unavailable, "the process is dead"}; }
    memory_store& inner_;
    int left_;
    bool after_;
};
static_assert(store::store<dying_store>);
}  // namespace

BOOST_AUTO_TEST_CASE(a_crash_at_any_write_of_a_rewrap_leaves_every_record_readable) {
    constexpr int count = 6;
    for (bool const after : {false, true})
        for (int at = 0; at < count; ++at) {
            for (int i = 0; i < count; ++i) seal("p" + std::to_string(i), std::to_string(i));
            clock.advance(milliseconds{ms_per_hour});
            BOOST_REQUIRE(inner.rotate_key(who, root));
            dying_store dying(records, at, after);
            test_vault<vault::fail_closed, dying_store> doomed(kms, dying, clock);
            static_cast<void>(doomed.rewrap(who));
            for (int i = 0; i < count; ++i)
                BOOST_TEST_REQUIRE(read("p" + std::to_string(i)) == std::to_string(i));
            auto const rest = safe.rewrap(who).value();  // the next process finishes
            BOOST_TEST(rest.rewrapped == static_cast<std::uint64_t>(count - at - after));
        }
}
BOOST_AUTO_TEST_CASE(sealing_at_once_from_many_threads_loses_no_version) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 25; ++i)
                while (!safe.seal(who, root, instance(), "a", bytes_of("x"))) {
                }
        });
    for (auto& thread : threads) thread.join();
    BOOST_TEST(safe.open(who, instance(), "a")->version == 100U);
}

BOOST_AUTO_TEST_SUITE_END()
