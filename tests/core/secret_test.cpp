#include <pthread.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <concepts>
#include <cryptoperiod/core/secret.hpp>
#include <cstring>
#include <map>
#include <memory_resource>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace cryptoperiod;

namespace {

template <class T>
concept streamable = requires(std::ostream& out, T const& value) {
    out << value;
};

static_assert(streamable<std::string>);  // the concept can say yes
static_assert(!streamable<secret_bytes>);
static_assert(!std::is_copy_constructible_v<secret_bytes>);
static_assert(!std::is_copy_assignable_v<secret_bytes>);
static_assert(std::is_nothrow_move_constructible_v<secret_bytes>);
static_assert(std::is_nothrow_move_assignable_v<secret_bytes>);
static_assert(!std::equality_comparable<secret_bytes>);
static_assert(!std::totally_ordered<secret_bytes>);
static_assert(!std::is_convertible_v<secret_bytes, bool>);
static_assert(!std::is_convertible_v<secret_bytes, std::string>);
static_assert(!std::is_convertible_v<secret_bytes, std::span<std::byte const>>);
static_assert(!std::is_constructible_v<std::span<std::byte const>, secret_bytes&>);
static_assert(!std::is_convertible_v<std::string, secret_bytes>);
static_assert(!std::is_convertible_v<std::span<std::byte const>, secret_bytes>);

template <class Secret>
concept exposed_for_good = requires(Secret&& s) {
    { std::forward<Secret>(s).expose() } -> std::convertible_to<std::span<std::byte const>>;
};
static_assert(exposed_for_good<secret_bytes&>);
static_assert(exposed_for_good<secret_bytes const&>);
static_assert(!exposed_for_good<secret_bytes>);  // a temporary's bytes would be gone already

/// Memory that looks at what it is given back: the only place from where a missing wipe is seen.
class watching_resource : public std::pmr::memory_resource {
public:
    int returned = 0;        ///< blocks given back
    int returned_dirty = 0;  ///< of these, with a byte that was not zero
    [[nodiscard]] std::size_t held() const { return blocks_.size(); }

private:
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        void* const block = std::pmr::new_delete_resource()->allocate(size, alignment);
        std::memset(block, 0xa5, size);  // new memory is not zeros
        blocks_[block] = size;
        return block;
    }
    void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
        auto const known = blocks_.find(block);
        BOOST_REQUIRE(known != blocks_.end());
        BOOST_REQUIRE(known->second == size);
        blocks_.erase(known);
        auto const* const bytes = static_cast<unsigned char const*>(block);
        ++returned;
        if (std::any_of(bytes, bytes + size, [](unsigned char b) { return b != 0; }))
            ++returned_dirty;
        std::pmr::new_delete_resource()->deallocate(block, size, alignment);
    }
    bool do_is_equal(memory_resource const& other) const noexcept override {
        return this == &other;
    }

    std::map<void*, std::size_t> blocks_;
};

std::string text_of(secret_bytes const& secret) {
    auto const view = secret.expose();
    return {reinterpret_cast<char const*>(view.data()), view.size()};
}

bool all_zero(std::span<std::byte const> bytes) {
    return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

std::vector<std::byte> bytes_of_text(std::string_view text) {
    auto const view = std::as_bytes(std::span(text.data(), text.size()));
    return {view.begin(), view.end()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(secret_test)

BOOST_AUTO_TEST_CASE(a_secret_holds_the_bytes_it_was_made_from) {
    BOOST_TEST(text_of(secret_bytes::copy_of("hunter2")) == "hunter2");
    BOOST_TEST(text_of(secret_bytes::copy_of(bytes_of_text("hunter2"))) == "hunter2");
    BOOST_TEST(secret_bytes::copy_of("hunter2").size() == 7U);
    BOOST_TEST(secret_bytes().empty());
    BOOST_TEST(secret_bytes::copy_of("").empty());
    BOOST_TEST(!secret_bytes::copy_of("x").empty());
}

BOOST_AUTO_TEST_CASE(copying_leaves_the_source) {
    std::string text = "hunter2";
    BOOST_TEST(text_of(secret_bytes::copy_of(text)) == "hunter2");
    BOOST_TEST(text == "hunter2");
}

BOOST_AUTO_TEST_CASE(taking_a_text_wipes_and_empties_it) {
    watching_resource memory;
    {
        std::pmr::string text("hunter2 and then some, so that it lies on the heap", &memory);
        std::string const kept(text);
        BOOST_TEST(text_of(secret_bytes::take(text)) == kept);
        BOOST_TEST(text.empty());
    }
    BOOST_TEST(memory.returned == 1);
    BOOST_TEST(memory.returned_dirty == 0);
}

BOOST_AUTO_TEST_CASE(taking_a_text_that_lies_inside_the_string_object_wipes_it_there) {
    std::string text = "hunter2";
    BOOST_TEST(text_of(secret_bytes::take(text)) == "hunter2");
    std::array<char, sizeof text> object{};
    std::memcpy(object.data(), static_cast<void const*>(&text), sizeof text);
    BOOST_TEST(std::string_view(object.data(), object.size()).find("unter2") ==
               std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(taking_a_vector_wipes_and_empties_it) {
    watching_resource memory;
    {
        std::pmr::vector<std::byte> source(7, std::byte{'x'}, &memory);
        BOOST_TEST(text_of(secret_bytes::take(source)) == "xxxxxxx");
        BOOST_TEST(source.empty());
    }
    BOOST_TEST(memory.returned == 1);
    BOOST_TEST(memory.returned_dirty == 0);
}

BOOST_AUTO_TEST_CASE(taking_a_span_wipes_what_it_views) {
    std::array<std::byte, 8> source{};
    source.fill(std::byte{0x5a});
    auto const secret = secret_bytes::take(std::span(source).first(7));
    BOOST_TEST(secret.size() == 7U);
    BOOST_TEST(all_zero(std::span(source).first(7)));
    BOOST_TEST((source[7] == std::byte{0x5a}));
}

BOOST_AUTO_TEST_CASE(wiping_reaches_the_part_of_a_container_that_is_no_longer_used) {
    watching_resource memory;
    {
        std::pmr::string text("a long secret that was here before and lies on the heap", &memory);
        text.resize(3);
        wipe(text);
        BOOST_TEST(text.empty());
        std::pmr::vector<std::byte> bytes(40, std::byte{0x5a}, &memory);
        bytes.resize(3);
        wipe(bytes);
        BOOST_TEST(bytes.empty());
    }
    BOOST_TEST(memory.returned == 2);
    BOOST_TEST(memory.returned_dirty == 0);
}

BOOST_AUTO_TEST_CASE(bytes_are_wiped_before_destruction_gives_their_memory_back) {
    watching_resource memory;
    { auto const secret = secret_bytes::copy_of("hunter2", &memory); }
    BOOST_TEST(memory.returned == 1);
    BOOST_TEST(memory.returned_dirty == 0);
    BOOST_TEST(memory.held() == 0U);
}

BOOST_AUTO_TEST_CASE(the_watching_memory_sees_bytes_that_nobody_wiped) {
    watching_resource memory;
    { std::pmr::string const careless("longer than any short-string buffer is", &memory); }
    BOOST_TEST(memory.returned == 1);
    BOOST_TEST(memory.returned_dirty == 1);
}

BOOST_AUTO_TEST_CASE(moving_hands_the_very_bytes_over_and_leaves_nothing) {
    watching_resource memory;
    {
        auto from = secret_bytes::copy_of("hunter2", &memory);
        auto const* const where = from.expose().data();
        secret_bytes const to = std::move(from);
        BOOST_TEST(from.empty());
        BOOST_TEST((from.expose().data() == nullptr));
        BOOST_TEST((to.expose().data() == where));  // so no second copy was ever made
        BOOST_TEST(text_of(to) == "hunter2");
        BOOST_TEST(memory.returned == 0);
    }
    BOOST_TEST(memory.returned == 1);
    BOOST_TEST(memory.returned_dirty == 0);
}

BOOST_AUTO_TEST_CASE(assigning_wipes_what_was_held_before) {
    watching_resource memory;
    auto held = secret_bytes::copy_of("old secret", &memory);
    auto other = secret_bytes::copy_of("new secret", &memory);
    held = std::move(other);
    BOOST_TEST(memory.returned == 1);
    BOOST_TEST(memory.returned_dirty == 0);
    BOOST_TEST(text_of(held) == "new secret");
    BOOST_TEST(other.empty());
    held = secret_bytes();
    BOOST_TEST(memory.returned == 2);
    BOOST_TEST(memory.returned_dirty == 0);
    BOOST_TEST(memory.held() == 0U);
}

BOOST_AUTO_TEST_CASE(assigning_across_memories_gives_each_block_back_where_it_came_from) {
    watching_resource first;
    watching_resource second;
    {
        auto held = secret_bytes::copy_of("old secret", &first);
        held = secret_bytes::copy_of("new secret", &second);
        BOOST_TEST(first.held() == 0U);
        BOOST_TEST(second.held() == 1U);
        auto const twin = held.clone();
        BOOST_TEST(second.held() == 2U);
    }
    BOOST_TEST(first.returned_dirty + second.returned_dirty == 0);
    BOOST_TEST(second.held() == 0U);
}

BOOST_AUTO_TEST_CASE(assigning_a_secret_to_itself_keeps_it) {
    auto held = secret_bytes::copy_of("hunter2");
    auto& same = held;
    held = std::move(same);
    BOOST_TEST(text_of(held) == "hunter2");
}

BOOST_AUTO_TEST_CASE(growing_keeps_the_bytes_adds_zeros_and_wipes_the_old_memory) {
    watching_resource memory;
    auto secret = secret_bytes::copy_of("hunter2", &memory);
    secret.resize(9);
    BOOST_TEST(text_of(secret) == std::string("hunter2\0\0", 9));
    BOOST_TEST(memory.returned == 1);
    BOOST_TEST(memory.returned_dirty == 0);
}

BOOST_AUTO_TEST_CASE(shrinking_keeps_the_first_bytes_and_wipes_the_old_memory) {
    watching_resource memory;
    auto secret = secret_bytes::copy_of("hunter2", &memory);
    secret.resize(3);
    BOOST_TEST(text_of(secret) == "hun");
    BOOST_TEST(memory.returned == 1);
    BOOST_TEST(memory.returned_dirty == 0);
    secret.resize(0);
    BOOST_TEST(secret.empty());
    BOOST_TEST(memory.held() == 0U);
    BOOST_TEST(memory.returned_dirty == 0);
}

BOOST_AUTO_TEST_CASE(resizing_to_the_same_size_does_nothing) {
    watching_resource memory;
    auto secret = secret_bytes::copy_of("hunter2", &memory);
    secret.resize(7);
    BOOST_TEST(memory.returned == 0);
    BOOST_TEST(text_of(secret) == "hunter2");
}

BOOST_AUTO_TEST_CASE(clearing_wipes_and_a_cleared_secret_can_be_used_again) {
    watching_resource memory;
    auto secret = secret_bytes::copy_of("hunter2", &memory);
    secret.clear();
    BOOST_TEST(secret.empty());
    BOOST_TEST(memory.returned == 1);
    BOOST_TEST(memory.returned_dirty == 0);
    secret.clear();
    BOOST_TEST(memory.returned == 1);
    secret.resize(2);
    BOOST_TEST(text_of(secret) == std::string(2, '\0'));
}

BOOST_AUTO_TEST_CASE(a_clone_is_equal_and_independent) {
    auto secret = secret_bytes::copy_of("hunter2");
    auto const twin = secret.clone();
    BOOST_TEST((twin.expose().data() != secret.expose().data()));
    BOOST_TEST(equal_in_constant_time(secret, twin));
    secret.clear();
    BOOST_TEST(text_of(twin) == "hunter2");
}

BOOST_AUTO_TEST_CASE(a_filler_gets_zeros_of_the_size_asked_for) {
    watching_resource memory;  // which hands out memory full of something else
    auto const secret = secret_bytes::make(
        5,
        [](std::span<std::byte> out) {
            BOOST_TEST(out.size() == 5U);
            BOOST_TEST(all_zero(out));
            out[4] = std::byte{'x'};
        },
        &memory);
    BOOST_TEST(text_of(secret) == std::string("\0\0\0\0x", 5));
}

BOOST_AUTO_TEST_CASE(a_filler_that_throws_leaves_nothing_behind) {
    watching_resource memory;
    auto const fill_and_throw = [](std::span<std::byte> out) {
        out[0] = std::byte{1};
        throw 1;
    };
    BOOST_CHECK_THROW(static_cast<void>(secret_bytes::make(5, fill_and_throw, &memory)), int);
    BOOST_TEST(memory.held() == 0U);
    BOOST_TEST(memory.returned_dirty == 0);
}

BOOST_AUTO_TEST_CASE(wiping_nothing_is_allowed) {
    wipe(std::span<std::byte>{});
    std::string text;
    wipe(text);
    BOOST_TEST(text.empty());
}

BOOST_AUTO_TEST_CASE(wiping_overwrites_every_byte_and_none_besides) {
    for (std::size_t size = 0; size != 70; ++size) {
        std::vector<std::byte> memory(size + 2, std::byte{0xff});
        wipe(std::span(memory).subspan(1, size));
        BOOST_TEST(all_zero(std::span(memory).subspan(1, size)));
        BOOST_TEST((memory.front() == std::byte{0xff} && memory.back() == std::byte{0xff}));
    }
}

namespace {

// A buffer of its own on the stack, filled, wiped and left: a plain memset here is a dead store,
// and g++ and clang++ do remove it when they optimise.
constexpr unsigned char pattern = 0xc3;
constexpr std::size_t pattern_size = 512;

[[gnu::noinline]] void use_and_wipe() {
    std::array<std::byte, pattern_size> local;
    std::memset(local.data(), pattern, local.size());
    __asm__ __volatile__("" : : "r"(local.data()) : "memory");
    wipe(local);
}

[[gnu::noinline]] void use_and_leave() {
    std::array<std::byte, pattern_size> local;
    std::memset(local.data(), pattern, local.size());
    __asm__ __volatile__("" : : "r"(local.data()) : "memory");
}

// Longest run of the pattern that `run` leaves on its stack, which is ours to read afterwards.
std::size_t left_on_the_stack_by(void (*run)()) {
    std::vector<std::byte> stack(1U << 20U);
    ::pthread_attr_t attributes;
    ::pthread_t thread{};
    BOOST_REQUIRE(::pthread_attr_init(&attributes) == 0);
    BOOST_REQUIRE(::pthread_attr_setstack(&attributes, stack.data(), stack.size()) == 0);
    auto const body = [](void* argument) -> void* {
        (*static_cast<void (**)()>(argument))();
        return nullptr;
    };
    BOOST_REQUIRE(::pthread_create(&thread, &attributes, body, static_cast<void*>(&run)) == 0);
    BOOST_REQUIRE(::pthread_join(thread, nullptr) == 0);
    ::pthread_attr_destroy(&attributes);
    std::size_t longest = 0;
    std::size_t length = 0;
    for (std::byte const byte : stack) {
        length = byte == std::byte{pattern} ? length + 1 : 0;
        longest = std::max(longest, length);
    }
    return longest;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_optimiser_does_not_remove_a_wipe) {
    // Ending the thread writes over a part; the rest shows that a missing wipe would be seen.
    BOOST_TEST(left_on_the_stack_by(&use_and_leave) > pattern_size / 2);
    BOOST_TEST(left_on_the_stack_by(&use_and_wipe) < 16U);
}

BOOST_AUTO_TEST_CASE(equality_sees_a_difference_in_any_bit) {
    std::mt19937_64 random(11);
    for (std::size_t size = 1; size != 70; ++size) {
        std::vector<std::byte> a(size);
        for (auto& byte : a) byte = static_cast<std::byte>(random() & 0xffU);
        auto b = a;
        BOOST_TEST(equal_in_constant_time(a, b));
        for (std::size_t i = 0; i != size; ++i)
            for (unsigned bit = 0; bit != 8; ++bit) {
                b[i] ^= static_cast<std::byte>(1U << bit);
                BOOST_TEST_REQUIRE(!equal_in_constant_time(a, b));
                b[i] = a[i];
            }
    }
}

BOOST_AUTO_TEST_CASE(two_differences_do_not_cancel) {
    auto const a = bytes_of_text("aaaa");
    BOOST_TEST(!equal_in_constant_time(a, bytes_of_text("bbaa")));
    BOOST_TEST(!equal_in_constant_time(a, bytes_of_text("baab")));
    BOOST_TEST(!equal_in_constant_time(a, bytes_of_text("bbbb")));
}

BOOST_AUTO_TEST_CASE(different_lengths_are_unequal_and_two_empties_are_equal) {
    auto const a = bytes_of_text("aaaa");
    BOOST_TEST(!equal_in_constant_time(a, bytes_of_text("aaa")));
    BOOST_TEST(!equal_in_constant_time(bytes_of_text("aaa"), a));
    BOOST_TEST(!equal_in_constant_time(a, bytes_of_text("")));
    BOOST_TEST(equal_in_constant_time(bytes_of_text(""), bytes_of_text("")));
    BOOST_TEST(equal_in_constant_time(secret_bytes(), secret_bytes()));
}

BOOST_AUTO_TEST_CASE(a_secret_compares_to_a_secret_and_to_what_was_presented) {
    auto const secret = secret_bytes::copy_of("hunter2");
    BOOST_TEST(equal_in_constant_time(secret, secret_bytes::copy_of("hunter2")));
    BOOST_TEST(!equal_in_constant_time(secret, secret_bytes::copy_of("hunter3")));
    BOOST_TEST(equal_in_constant_time(secret, bytes_of_text("hunter2")));
    BOOST_TEST(!equal_in_constant_time(secret, bytes_of_text("hunter")));
}

BOOST_AUTO_TEST_SUITE_END()
