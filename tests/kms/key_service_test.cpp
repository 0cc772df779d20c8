#include <boost/test/unit_test.hpp>
#include <cryptoperiod/kms/key_service.hpp>
#include <functional>

#include "kms/contract.hpp"

using namespace kms_contract;

namespace {

/// Material that is only counted, in a place that can be out of reach.
struct warehouse {
    std::uint32_t made = 0, there = 0;
    bool reachable = true;
};
class counted {
public:
    static constexpr std::string_view kind = " counted";
    explicit counted(warehouse& w) : w_(&w) {}
    [[nodiscard]] result<secret_bytes> make(key_id const&, std::uint32_t) {
        ++w_->there;
        return material(4, static_cast<unsigned char>(++w_->made));
    }
    [[nodiscard]] result<secret_bytes> take(key_id const& id, std::uint32_t v,
                                            secret_bytes const&) {
        return make(id, v);
    }
    [[nodiscard]] static result<wrapped_key> wrap(key_id const&, std::span<secret_bytes const>,
                                                  std::span<std::byte const>,
                                                  std::span<std::byte const>) {
        return kms::detail::wrapped_key_refused();
    }
    /// All that is unwrapped was wrapped by version 1; nothing can be wrapped.
    [[nodiscard]] static result<unwrapped_key> unwrap(key_id const&, std::span<secret_bytes const>,
                                                      std::span<std::byte const>,
                                                      std::span<std::byte const>) {
        return unwrapped_key{material(32), 1, std::nullopt};
    }
    [[nodiscard]] static result<rewrapped_key> rewrap(key_id const&, std::span<secret_bytes const>,
                                                      std::span<std::byte const>,
                                                      std::span<std::byte const>) {
        return kms::detail::wrapped_key_refused();
    }
    [[nodiscard]] result<void> destroy(key_id const&, secret_bytes const&) {
        if (!w_->reachable) return error{errc::kms_unavailable, "out of reach"};
        --w_->there;
        return {};
    }

private:
    warehouse* w_;
};

/// Refuses the next write with a code, after doing it or without; or lets somebody else be quicker.
class moody_store {
public:
    static constexpr bool durable = false;
    std::optional<errc> next{};
    bool writes_nevertheless = false;
    std::function<void()> somebody_quicker{};
    bool reachable = true;

    [[nodiscard]] result<std::optional<store::entry>> get(std::string_view key) const {
        if (!reachable) return error{errc::store_unavailable, "out of reach"};
        return inner_.get(key);
    }
    [[nodiscard]] auto list(std::string_view p, std::string_view a, std::size_t n) const {
        return inner_.list(p, a, n);
    }
    [[nodiscard]] result<std::uint64_t> compare_and_swap(std::string_view key,
                                                         std::uint64_t expected,
                                                         std::span<std::byte const> value) {
        if (somebody_quicker) std::exchange(somebody_quicker, {})();
        if (!next) return inner_.compare_and_swap(key, expected, value);
        if (writes_nevertheless) static_cast<void>(inner_.compare_and_swap(key, expected, value));
        return error{*std::exchange(next, std::nullopt), "a mood"};
    }
    [[nodiscard]] auto compare_and_erase(std::string_view key, std::uint64_t expected) {
        return inner_.compare_and_erase(key, expected);
    }

private:
    memory_store inner_;
};

struct service_fixture {
    moody_store store;
    manual_clock clock{civil(2026, 1, 1)};
    warehouse goods;
    key_service<counted, moody_store, in_process, crypto::os_entropy, manual_clock> kms{
        counted(goods), store, master(), clock, {}, {}};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(kms_key_service, service_fixture)

BOOST_AUTO_TEST_CASE(a_version_that_the_books_do_not_know_is_destroyed) {
    auto const id = kms.create_key(owner).value();
    store.next = errc::store_conflict;
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    BOOST_TEST(goods.made == 3U);  // the key, and two attempts
    BOOST_TEST(goods.there == 2U);
    store.next = errc::store_too_large;
    BOOST_TEST(code(kms.create_key(owner)) == "store_too_large");
    BOOST_TEST(goods.there == 2U);
}
BOOST_AUTO_TEST_CASE(a_version_that_the_books_may_know_is_kept) {
    auto const id = kms.create_key(owner).value();
    store.next = errc::store_unavailable;
    store.writes_nevertheless = true;
    BOOST_TEST(code(kms.rotate_key(owner, id)) == "store_unavailable");
    BOOST_TEST(kms.describe(owner, id)->record.versions == 2U);
    BOOST_TEST(goods.there == 2U);
}
BOOST_AUTO_TEST_CASE(whoever_was_quicker_is_not_overwritten) {
    auto const id = kms.create_key(owner).value();
    store.somebody_quicker = [&] {
        BOOST_TEST(kms.register_service(push, id, instance("quicker")).has_value());
    };
    BOOST_REQUIRE(kms.register_service(push, id, instance("slower")));
    BOOST_TEST(kms.describe(owner, id)->registrations.size() == 2U);
}
BOOST_AUTO_TEST_CASE(what_the_newest_version_cannot_wrap_is_unwrapped_all_the_same) {
    auto const id = kms.create_key(owner).value();
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    auto const out = kms.unwrap(owner, id, {}, {});
    BOOST_REQUIRE(out);
    BOOST_TEST(!out->rewrapped.has_value());
}
BOOST_AUTO_TEST_CASE(without_its_books_key_management_is_unavailable) {
    auto const id = kms.create_key(owner).value();
    store.reachable = false;
    BOOST_TEST(code(kms.unwrap(owner, id, {}, {})) == "kms_unavailable");
    BOOST_TEST(code(kms.describe(owner, id)) == "store_unavailable");
}
BOOST_AUTO_TEST_CASE(a_refused_rotation_makes_nothing) {
    auto const id = kms.create_key(owner).value();
    BOOST_REQUIRE(kms.disable_key(owner, id));
    BOOST_TEST(code(kms.rotate_key(owner, id)) == "key_disabled");
    BOOST_TEST(goods.made == 1U);
}
BOOST_AUTO_TEST_CASE(a_purge_that_was_cut_off_is_ended_later_and_the_key_is_gone_at_once) {
    auto const id = kms.create_key(owner).value();
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    BOOST_REQUIRE(kms.delete_key(owner, id));
    clock.advance(milliseconds{4 * ms_per_hour});
    goods.reachable = false;
    BOOST_TEST(code(kms.purge_key(owner, id)) == "kms_unavailable");
    BOOST_TEST(code(kms.describe(owner, id)) == "key_not_found");
    BOOST_TEST(code(kms.restore_key(owner, id)) == "key_not_found");
    BOOST_TEST(goods.there == 2U);
    goods.reachable = true;
    BOOST_REQUIRE(kms.tend());
    BOOST_TEST(goods.there == 0U);
    BOOST_TEST(store.list("", "", 10)->entries.empty());
}

BOOST_AUTO_TEST_SUITE_END()
