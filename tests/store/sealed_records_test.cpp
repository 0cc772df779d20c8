#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cryptoperiod/store/sealed_records.hpp>
#include <string>

using namespace cryptoperiod;

namespace {

struct note {
    static constexpr std::string_view schema = "test note";
    static constexpr std::uint32_t schema_version = 1;
    std::string text;
    template <class Archive>
    void serialize(Archive& archive) {
        archive(text);
    }
};
using notes = store::sealed_records<note, store::memory_store, crypto::os_entropy>;

crypto::secret_array<32> key(unsigned char fill = 1) {
    crypto::secret_array<32> out;
    for (auto& byte : out.writable()) byte = static_cast<std::byte>(fill);
    return out;
}
template <class T>
std::string code(result<T> const& r) {
    return r ? "ok" : std::string(to_string(r.error().code));
}

struct sealed {
    store::memory_store kept;
    notes records{kept, key(), {}, "v1"};
    std::string at(std::string_view place) { return records.load(place).value()->record.text; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(store_sealed_records, sealed)

BOOST_AUTO_TEST_CASE(what_was_saved_is_loaded_with_its_version) {
    BOOST_TEST(!records.load("a").value().has_value());
    auto const version = records.save("a", {"one"}, store::absent).value();
    BOOST_TEST(at("a") == "one");
    BOOST_TEST(records.load("a").value()->version == version);
    BOOST_TEST(code(records.save("a", {"two"}, store::absent)) == "store_conflict");
    BOOST_TEST(code(records.save("a", {"two"}, version)) == "ok");
    BOOST_TEST(at("a") == "two");
    BOOST_TEST(code(records.erase("a", version)) == "store_conflict");
    BOOST_TEST(code(records.erase("a", records.load("a").value()->version)) == "ok");
    BOOST_TEST(!records.load("a").value().has_value());
}
BOOST_AUTO_TEST_CASE(nobody_who_reaches_the_store_reads_or_changes_a_record) {
    BOOST_TEST(code(records.save("a", {"a very long secret"}, store::absent)) == "ok");
    auto entry = kept.get("a").value().value();
    auto const needle = bytes_of("secret");
    BOOST_TEST((std::search(entry.value.begin(), entry.value.end(), needle.begin(), needle.end()) ==
                entry.value.end()));
    for (std::size_t i = 0; i != entry.value.size(); ++i) {
        auto altered = entry;
        altered.value[i] ^= std::byte{1};
        BOOST_TEST(code(records.open(altered)) == "store_corrupt", i);
        altered.value.resize(i);
        BOOST_TEST(code(records.open(altered)) == "store_corrupt", i);
    }
}
BOOST_AUTO_TEST_CASE(a_record_serves_at_its_place_with_its_key_and_binding_only) {
    BOOST_TEST(code(records.save("a", {"one"}, store::absent)) == "ok");
    auto moved = kept.get("a").value().value();
    moved.key = "b";
    BOOST_TEST(to_string(records.open(moved).error()) ==
               "store_corrupt: the record 'test note' at 'b' does not open: another key has sealed "
               "it, or it was altered; give the right key");
    BOOST_TEST(code(notes(kept, key(2), {}, "v1").load("a")) == "store_corrupt");
    BOOST_TEST(code(notes(kept, key(), {}, "v2").load("a")) == "store_corrupt");
    BOOST_TEST(code(notes(kept, key(), {}, "v1").load("a")) == "ok");
}
BOOST_AUTO_TEST_CASE(all_of_a_prefix_are_visited_up_to_the_first_error) {
    for (int i = 0; i != 2500; ++i)
        BOOST_REQUIRE(records.save("n/" + std::to_string(i), {"x"}, store::absent));
    int seen = 0;
    auto const count = [&](store::entry const&) -> result<void> {
        if (++seen == 2400) return error{errc::missing, "enough"};
        return {};
    };
    BOOST_TEST(code(records.for_each_entry("n/1", count)) == "ok");
    BOOST_TEST(seen == 1111);
    seen = 0;
    BOOST_TEST(code(records.for_each_entry("n/", count)) == "missing");
    BOOST_TEST(seen == 2400);
}

BOOST_AUTO_TEST_SUITE_END()
