// What every store keeps, as test cases. Included by a test of one store, inside its suite, after
//     using fixtures = std::tuple<...>;
// where a fixture is made for each case, and its `open()` gives a store (a pointer-like) each time
// on the same records, empty at first.

namespace {

using cryptoperiod::errc;
using cryptoperiod::store::absent;
using cryptoperiod::store::entry;
using cryptoperiod::store::key_bytes_max;
using cryptoperiod::store::page;
using cryptoperiod::store::page_bytes_max;
using cryptoperiod::store::page_entries_max;
using cryptoperiod::store::value_bytes_max;

std::vector<std::byte> bytes(std::string_view text) {
    auto const view = cryptoperiod::bytes_of(text);
    return {view.begin(), view.end()};
}

std::uint64_t must_write(auto& store, std::string_view key, std::uint64_t expected,
                         std::string_view value) {
    auto const written = store.compare_and_swap(key, expected, cryptoperiod::bytes_of(value));
    BOOST_REQUIRE_MESSAGE(written, to_string(written.error()));
    return *written;
}

std::vector<std::string> keys_of(page const& p) {
    std::vector<std::string> keys;
    for (auto const& e : p.entries) keys.push_back(e.key);
    return keys;
}

// All keys of a prefix, read in pages of `limit`.
std::vector<std::string> all_keys(auto const& store, std::string_view prefix, std::size_t limit) {
    std::vector<std::string> keys;
    std::string after;
    for (;;) {
        auto const got = store.list(prefix, after, limit);
        BOOST_REQUIRE_MESSAGE(got, to_string(got.error()));
        for (auto const& key : keys_of(*got)) keys.push_back(key);
        if (!got->next) return keys;
        BOOST_REQUIRE(after < *got->next);  // or the loop might not end
        after = *got->next;
    }
}

using texts = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_written_is_read_back_with_its_version, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    auto const version = must_write(*store, "a", absent, std::string_view("v\0w", 3));
    auto const got = store->get("a");
    BOOST_REQUIRE(got.has_value());
    BOOST_REQUIRE(got->has_value());
    BOOST_TEST((**got == entry{"a", version, bytes({"v\0w", 3})}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_was_never_written_is_not_there, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    auto const got = store->get("a");
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST(!got->has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_version_is_never_absent_and_grows, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    auto last = must_write(*store, "a", absent, "0");
    BOOST_TEST(last > absent);
    for (int i = 0; i != 5; ++i) {
        auto const next = must_write(*store, "a", last, "1");
        BOOST_TEST(next > last);
        last = next;
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_version_is_not_given_again_after_a_deletion, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    auto const first = must_write(*store, "a", absent, "the old record");
    BOOST_TEST(store->compare_and_erase("a", first).has_value());
    auto const second = must_write(*store, "a", absent, "another record");
    BOOST_TEST(second > first);
    // A writer who slept through both is refused, and does not bring the old record back.
    auto const late = store->compare_and_swap("a", first, bytes("the old record"));
    BOOST_REQUIRE(!late);
    BOOST_TEST((late.error().code == errc::store_conflict));
    BOOST_TEST((store->get("a")->value().value == bytes("another record")));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_new_version_is_above_those_of_all_keys, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    auto const a = must_write(*store, "a", absent, "");
    auto const b = must_write(*store, "b", absent, "");
    BOOST_TEST(b > a);
    BOOST_TEST(must_write(*store, "a", a, "") > b);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(creating_what_is_there_is_a_conflict, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    auto const version = must_write(*store, "a", absent, "first");
    auto const second = store->compare_and_swap("a", absent, bytes("second"));
    BOOST_REQUIRE(!second);
    BOOST_TEST((second.error() ==
                cryptoperiod::error{errc::store_conflict, "the record exists, at version " +
                                                              std::to_string(version) +
                                                              "; read it before writing"}));
    BOOST_TEST((store->get("a")->value().value == bytes("first")));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(replacing_another_version_is_a_conflict, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    auto const first = must_write(*store, "a", absent, "first");
    auto const second = must_write(*store, "a", first, "second");
    for (auto const expected : {first, second + 1, UINT64_MAX}) {
        auto const late = store->compare_and_swap("a", expected, bytes("late"));
        BOOST_REQUIRE(!late);
        BOOST_TEST(
            (late.error() ==
             cryptoperiod::error{errc::store_conflict,
                                 "the record is at version " + std::to_string(second) + ", not " +
                                     std::to_string(expected) + "; read it again before writing"}));
    }
    BOOST_TEST((store->get("a")->value().value == bytes("second")));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(replacing_what_is_not_there_is_a_conflict, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    auto const late = store->compare_and_swap("a", 1, bytes("late"));
    BOOST_REQUIRE(!late);
    BOOST_TEST((late.error() ==
                cryptoperiod::error{errc::store_conflict,
                                    "there is no record to replace at version 1; it was deleted"}));
    BOOST_TEST(!store->get("a")->has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_refused_write_uses_no_version_and_changes_no_page, Fixture,
                              fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    must_write(*store, "a", absent, "1");
    auto const before = *store->list("", "", 10);
    BOOST_TEST(!store->compare_and_swap("a", absent, bytes("2")));
    BOOST_TEST(!store->compare_and_swap("b", 7, bytes("2")));
    BOOST_TEST(!store->compare_and_erase("a", 7));
    BOOST_TEST((*store->list("", "", 10) == before));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(only_the_version_that_was_read_is_erased, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    auto const first = must_write(*store, "a", absent, "1");
    auto const second = must_write(*store, "a", first, "2");
    auto const late = store->compare_and_erase("a", first);
    BOOST_REQUIRE(!late);
    BOOST_TEST((late.error().code == errc::store_conflict));
    BOOST_TEST(store->get("a")->has_value());
    BOOST_TEST(store->compare_and_erase("a", second).has_value());
    BOOST_TEST(!store->get("a")->has_value());
    auto const again = store->compare_and_erase("a", second);
    BOOST_REQUIRE(!again);
    BOOST_TEST((again.error().code == errc::store_conflict));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_absent_cannot_be_erased, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    must_write(*store, "a", absent, "1");
    for (auto const* const key : {"a", "b"}) {
        auto const refused = store->compare_and_erase(key, absent);
        BOOST_REQUIRE(!refused);
        BOOST_TEST((refused.error().code == errc::out_of_range));
    }
    BOOST_TEST(store->get("a")->has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(keys_are_listed_byte_by_byte, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    texts const in_order{"A", "B",    "a",        "a ",   "a/",      "aa",
                         "b", "\x7e", "\xc3\xa4", "\xff", "\xff\xff"};
    for (auto key = in_order.rbegin(); key != in_order.rend(); ++key)
        must_write(*store, *key, absent, *key);
    for (std::size_t const limit : {1U, 2U, 3U, 10U, 11U, 12U, 1000U})
        BOOST_TEST(all_keys(*store, "", limit) == in_order, "limit " << limit);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(only_keys_with_the_prefix_are_listed, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    for (auto const* const key :
         {"a", "a/", "a/1", "a/2", "a0", "b/1", "\xff", "\xff\xff", "A/1", "%", "a%", "a_"})
        must_write(*store, key, absent, "");
    for (std::size_t const limit : {1U, 2U, 1000U}) {
        BOOST_TEST(all_keys(*store, "a/", limit) == (texts{"a/", "a/1", "a/2"}));
        BOOST_TEST(all_keys(*store, "a/1", limit) == (texts{"a/1"}));
        BOOST_TEST(all_keys(*store, "\xff", limit) == (texts{"\xff", "\xff\xff"}));
        BOOST_TEST(all_keys(*store, "a%", limit) == (texts{"a%"}));
        BOOST_TEST(all_keys(*store, "c", limit) == texts{});
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_cursor_need_not_be_there_nor_have_the_prefix, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    for (auto const* const key : {"a", "b/1", "b/3", "c"}) must_write(*store, key, absent, "");
    BOOST_TEST(keys_of(*store->list("b/", "b/2", 10)) == texts{"b/3"});
    BOOST_TEST(keys_of(*store->list("b/", "b/3", 10)) == texts{});
    BOOST_TEST(keys_of(*store->list("b/", "a", 10)) == (texts{"b/1", "b/3"}));
    BOOST_TEST(keys_of(*store->list("b/", "c", 10)) == texts{});
    BOOST_TEST(keys_of(*store->list("b/", "b/", 10)) == (texts{"b/1", "b/3"}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_listing_goes_on_where_its_last_key_was_deleted, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    std::uint64_t b = absent;
    for (auto const* const key : {"a", "b", "c"}) {
        auto const version = must_write(*store, key, absent, "");
        if (std::string_view(key) == "b") b = version;
    }
    auto const first = store->list("", "", 2);
    BOOST_REQUIRE(first->next.has_value());
    BOOST_TEST(*first->next == "b");
    BOOST_TEST(store->compare_and_erase("b", b).has_value());
    BOOST_TEST(keys_of(*store->list("", *first->next, 2)) == texts{"c"});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_last_page_says_that_it_is_the_last, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    BOOST_TEST(!store->list("", "", 1)->next.has_value());
    for (auto const* const key : {"a", "b", "c"}) must_write(*store, key, absent, "");
    BOOST_TEST(store->list("", "", 2)->next.has_value());
    BOOST_TEST(!store->list("", "", 3)->next.has_value());
    BOOST_TEST(!store->list("b", "", 1)->next.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_page_of_large_values_ends_early, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    std::string const large(value_bytes_max, 'v');
    for (auto const* const key : {"a", "b", "c", "d", "e", "f"})
        must_write(*store, key, absent, large);
    auto const got = store->list("", "", page_entries_max);
    BOOST_TEST(got->entries.size() == page_bytes_max / value_bytes_max);
    BOOST_REQUIRE(got->next.has_value());
    BOOST_TEST(keys_of(*store->list("", *got->next, page_entries_max)) == (texts{"e", "f"}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(keys_have_limits, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    std::string const longest(key_bytes_max, 'k');
    BOOST_TEST(must_write(*store, longest, absent, "v") != absent);
    BOOST_TEST(store->get(longest)->has_value());
    struct {
        std::string key;
        errc code;
    } const refused[] = {
        {"", errc::missing},
        {longest + "k", errc::out_of_range},
        {std::string("a\0b", 3), errc::malformed},
        {"a\nb", errc::malformed},
        {"a\xc2\x85", errc::malformed},
    };
    for (auto const& [key, code] : refused) {
        auto const got = store->get(key);
        auto const written = store->compare_and_swap(key, absent, {});
        auto const erased = store->compare_and_erase(key, 1);
        BOOST_REQUIRE((!got && !written && !erased));
        BOOST_TEST((got.error().code == code && written.error().code == code &&
                    erased.error().code == code));
    }
    BOOST_TEST(store->get("a\nb").error().detail ==
               "the key has a control character at offset 1; remove it");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_longest_crn_and_six_of_the_longest_ids_fit_into_a_key, Fixture,
                              fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    std::string key(cryptoperiod::crn_bytes_max, 'c');
    for (int i = 0; i != 6; ++i) key += "/" + std::string(cryptoperiod::id_bytes_max, 'i');
    auto const version = must_write(*store, key, absent, "v");
    BOOST_TEST((**store->get(key) == entry{key, version, bytes("v")}));
    BOOST_TEST(keys_of(*store->list(key.substr(0, key.size() - 1), "", 9)) == texts{key});
    BOOST_TEST(store->compare_and_erase(key, version).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pages_have_limits, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    std::string const too_long(key_bytes_max + 1, 'k');
    BOOST_TEST((store->list("", "", 0).error().code == errc::out_of_range));
    BOOST_TEST((store->list("", "", page_entries_max + 1).error().code == errc::out_of_range));
    BOOST_TEST((store->list(too_long, "", 1).error().code == errc::out_of_range));
    BOOST_TEST((store->list("", too_long, 1).error().code == errc::out_of_range));
    BOOST_TEST((store->list("\n", "", 1).error().code == errc::malformed));
    BOOST_TEST((store->list("", "\n", 1).error().code == errc::malformed));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(values_have_a_limit, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    std::string const largest(value_bytes_max, 'v');
    auto const version = must_write(*store, "a", absent, largest);
    BOOST_TEST((store->get("a")->value().value == bytes(largest)));
    auto const refused = store->compare_and_swap("a", version, bytes(largest + "v"));
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error() ==
                cryptoperiod::error{errc::store_too_large,
                                    "the value has 1,048,577 bytes; at most 1,048,576 are kept "
                                    "under one key"}));
    BOOST_TEST(must_write(*store, "a", version, "") > version);  // nothing is a value, too
    BOOST_TEST(store->get("a")->value().value.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_random_walk_agrees_with_a_plain_map, Fixture, fixtures) {
    constexpr std::uint64_t seed = 20'260'105;
    BOOST_TEST_INFO_SCOPE("seed " << seed);
    Fixture fixture;
    auto const store = fixture.open();
    std::map<std::string, std::pair<std::uint64_t, std::string>> model;
    std::uint64_t last = absent;
    std::mt19937_64 random(seed);
    for (int step = 0; step != 600; ++step) {
        BOOST_TEST_INFO_SCOPE("step " << step);
        std::string key(1 + random() % 2, 'a');
        for (auto& c : key) c = static_cast<char>('a' + random() % 4);
        auto const there = model.find(key);
        auto const now = there == model.end() ? absent : there->second.first;
        auto const expected = random() % 4 == 0 ? random() % (last + 2) : now;
        if (random() % 3 == 0) {
            bool const erased = store->compare_and_erase(key, expected).has_value();
            BOOST_REQUIRE(erased == (expected == now && now != absent));
            if (erased) model.erase(there);
        } else {
            auto const value = std::to_string(step);
            auto const written = store->compare_and_swap(key, expected, bytes(value));
            BOOST_REQUIRE(written.has_value() == (expected == now));
            if (!written) continue;
            BOOST_REQUIRE(*written > last);
            model[key] = {last = *written, value};
        }
    }
    texts keys;
    for (auto const& [key, record] : model) {
        keys.push_back(key);
        BOOST_TEST((store->get(key)->value() == entry{key, record.first, bytes(record.second)}));
    }
    BOOST_TEST(!keys.empty());
    BOOST_TEST(all_keys(*store, "", 3) == keys);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(of_writers_with_one_version_exactly_one_succeeds, Fixture, fixtures) {
    Fixture fixture;
    auto const store = fixture.open();
    constexpr int rounds = 20;
    constexpr int writers = 4;
    for (int round = 0; round != rounds; ++round) {
        auto const key = std::to_string(round);
        std::atomic<int> succeeded{0};
        std::atomic<int> conflicts{0};
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i != writers; ++i)
                threads.emplace_back([&] {
                    auto const written = store->compare_and_swap(key, absent, bytes("v"));
                    if (written)
                        ++succeeded;
                    else if (written.error().code == errc::store_conflict)
                        ++conflicts;
                });
        }
        BOOST_TEST(succeeded == 1);
        BOOST_TEST(conflicts == writers - 1);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(threads_that_count_lose_nothing, Fixture, fixtures) {
    Fixture fixture;
    auto const first = fixture.open();
    auto const second = fixture.open();
    must_write(*first, "count", absent, "0");
    constexpr int threads_count = 4;
    constexpr int increments = 40;
    std::atomic<int> failures{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i != threads_count; ++i)
            threads.emplace_back([&, &store = i % 2 == 0 ? *first : *second] {
                for (int done = 0; done != increments;) {
                    auto const got = store.get("count");
                    if (!got || !*got || !store.list("", "", 10)) {
                        ++failures;
                        return;
                    }
                    auto const& value = (*got)->value;
                    std::string const text(reinterpret_cast<char const*>(value.data()),
                                           value.size());
                    if (store.compare_and_swap("count", (*got)->version,
                                               bytes(std::to_string(std::stoi(text) + 1))))
                        ++done;
                }
            });
    }
    BOOST_TEST(failures == 0);
    BOOST_TEST(
        (first->get("count")->value().value == bytes(std::to_string(threads_count * increments))));
}
