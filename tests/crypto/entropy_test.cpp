#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;

namespace {

static_assert(!std::is_constructible_v<os_entropy, deterministic_entropy>);
static_assert(production_entropy<predictable_on_purpose<deterministic_entropy>>);

template <class Source>
concept makes_secrets = requires(Source source) {
    random_secret<32>(source);
};
static_assert(makes_secrets<os_entropy>);
static_assert(!makes_secrets<deterministic_entropy>);
static_assert(makes_secrets<predictable_on_purpose<deterministic_entropy>>);

using block = std::array<std::byte, 16>;

bool all_zero(bytes_view bytes) {
    return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

bool holds(bytes_view where, bytes_view what) {
    return std::search(where.begin(), where.end(), what.begin(), what.end()) != where.end();
}

// What `draw` gives in a child that `fork_now` makes, as hex; empty when something went wrong.
template <class Fork, class Draw>
std::string drawn_by_child(Fork const& fork_now, Draw const& draw) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return {};
    auto const child = fork_now();
    if (child == 0) {
        block const bytes = draw();
        bool const written = ::write(ends[1], bytes.data(), bytes.size()) == 16;
        ::_exit(written ? 0 : 1);
    }
    ::close(ends[1]);
    block bytes{};
    bool const got = ::read(ends[0], bytes.data(), bytes.size()) == 16;
    ::close(ends[0]);
    int status = -1;
    ::waitpid(static_cast<::pid_t>(child), &status, 0);
    return got && status == 0 ? to_hex(bytes) : std::string{};
}

template <class Draw>
void children_and_parent_differ(Draw const& draw) {
    draw();  // the generator is seeded before the fork
    auto const by_fork = [] { return ::fork(); };
    auto const by_bare_call = [] { return ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); };
    std::set<std::string> const different{drawn_by_child(by_fork, draw),
                                          drawn_by_child(by_fork, draw),
                                          drawn_by_child(by_bare_call, draw), to_hex(draw())};
    BOOST_TEST(different.size() == 4U);
    BOOST_TEST(!different.contains(""));
}

// A source whose answers a test decides.
struct scripted_source {
    inline static bool answers = true;
    inline static int calls = 0;
    static bool read(std::span<std::byte> bytes) {
        ++calls;
        std::ranges::fill(bytes, std::byte{7});
        return answers;
    }
};
struct answering {
    answering() { scripted_source::answers = true, scripted_source::calls = 0; }
};

struct broken {
    static constexpr bool predictable = false;
    result<void> fill(std::span<std::byte>) const {
        return error{errc::entropy_unavailable, "none"};
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(entropy_test)

BOOST_AUTO_TEST_CASE(sixteen_bytes_of_the_os_generator_do_not_repeat) {
    os_entropy source;
    std::set<block> seen;
    for (int i = 0; i != 20'000; ++i) {
        block bytes{};
        BOOST_REQUIRE(source.fill(bytes));
        BOOST_REQUIRE(seen.insert(bytes).second);
    }
}

BOOST_AUTO_TEST_CASE(every_length_is_filled_to_its_end) {
    for (std::size_t const size : {1U, 15U, 31U, 4'047U, 4'048U, 4'049U, 20'000U}) {
        // A byte that is zero in 8 draws of 8 was not written (chance: 2^-64 for each byte).
        std::vector<std::byte> any(size);
        for (int draw = 0; draw != 8; ++draw) {
            std::vector<std::byte> bytes(size);
            BOOST_REQUIRE(os_entropy().fill(bytes));
            for (std::size_t i = 0; i != size; ++i) any[i] |= bytes[i];
        }
        BOOST_TEST((std::ranges::find(any, std::byte{0}) == any.end()), size);
    }
    BOOST_TEST(os_entropy().fill({}).has_value());
}

BOOST_AUTO_TEST_CASE(the_bits_of_the_os_generator_are_balanced) {
    std::vector<std::byte> bytes(1 << 20);
    BOOST_REQUIRE(os_entropy().fill(bytes));
    std::int64_t ones = 0;
    for (auto const byte : bytes) ones += std::popcount(std::to_integer<unsigned>(byte));
    double const z = (static_cast<double>(ones) - 4.0 * (1 << 20)) / std::sqrt(2.0 * (1 << 20));
    BOOST_TEST(std::abs(z) < 6.0, "z = " << z << " of one count of 2^23 bits");
}

BOOST_AUTO_TEST_CASE(threads_have_generators_of_their_own) {
    std::vector<std::vector<block>> drawn(4);
    std::vector<std::thread> threads;
    for (auto& blocks : drawn)
        threads.emplace_back([&blocks] {
            for (int i = 0; i != 20'000; ++i) {
                block bytes{};
                if (os_entropy().fill(bytes)) blocks.push_back(bytes);
            }
        });
    for (auto& thread : threads) thread.join();
    std::set<block> all;
    for (auto const& blocks : drawn) all.insert(blocks.begin(), blocks.end());
    BOOST_TEST(all.size() == 80'000U);
}

BOOST_AUTO_TEST_CASE(a_forked_child_draws_something_else) {
    children_and_parent_differ([] {
        block bytes{};
        static_cast<void>(os_entropy().fill(bytes));
        return bytes;
    });
}

BOOST_AUTO_TEST_CASE(a_forked_child_draws_something_else_where_the_kernel_cannot_wipe_pages) {
    crypto::detail::key_erasing_generator<crypto::detail::os_random> generator;
    children_and_parent_differ([&] {
        block bytes{};
        static_cast<void>(generator.fill(bytes));
        generator.look_at_the_process_id();
        return bytes;
    });
}

BOOST_AUTO_TEST_CASE(bytes_are_drawn_in_batches) {
    answering const start;
    crypto::detail::key_erasing_generator<scripted_source> generator;
    std::array<std::byte, 4'048> batch{};
    for (unsigned i = 0; i != generator.batches_per_seed; ++i) {
        BOOST_REQUIRE(generator.fill(batch));
        BOOST_REQUIRE(scripted_source::calls == 1);
    }
    BOOST_REQUIRE(generator.fill(batch));
    BOOST_TEST(scripted_source::calls == 2);  // the source is mixed in again
}

BOOST_AUTO_TEST_CASE(a_second_seed_is_added_to_the_state_and_does_not_replace_it) {
    answering const start;
    crypto::detail::key_erasing_generator<scripted_source> generator;
    std::array<std::byte, 4'048> first{};
    std::array<std::byte, 4'048> later{};
    BOOST_REQUIRE(generator.fill(first));
    for (unsigned i = 0; i != generator.batches_per_seed; ++i) BOOST_REQUIRE(generator.fill(later));
    BOOST_TEST(scripted_source::calls == 2);  // with the same bytes as the first time
    BOOST_TEST((first != later));
}

BOOST_AUTO_TEST_CASE(what_was_handed_out_is_not_remembered) {
    crypto::detail::key_erasing_generator<crypto::detail::os_random> generator;
    for (std::size_t const size : {16U, 100U, 4'048U}) {
        std::vector<std::byte> bytes(size);
        BOOST_REQUIRE(generator.fill(bytes));
        auto const remembered = generator.remembered();
        BOOST_TEST(remembered.size() == 4'096U);
        for (std::size_t from = 0; from + 16 <= size; from += 16)
            BOOST_TEST(!holds(remembered, std::span(bytes).subspan(from, 16)));
    }
}

BOOST_AUTO_TEST_CASE(the_key_of_a_batch_is_not_remembered) {
    // With the key of a batch the batch could be drawn again: after it, another one is there.
    crypto::detail::key_erasing_generator<crypto::detail::os_random> generator;
    std::array<std::byte, 1> one{};
    BOOST_REQUIRE(generator.fill(one));
    auto const key_of = [&] {
        auto const key = generator.remembered().subspan(16, 32);
        return std::vector<std::byte>(key.begin(), key.end());
    };
    auto const first = key_of();
    std::array<std::byte, 4'048> batch{};
    BOOST_REQUIRE(generator.fill(batch));
    auto const remembered = generator.remembered();
    BOOST_TEST(!all_zero(first));
    BOOST_TEST((key_of() != first));
    BOOST_TEST(!holds(remembered, first));
}

BOOST_AUTO_TEST_CASE(without_the_operating_system_nothing_is_generated) {
    answering const start;
    crypto::detail::key_erasing_generator<scripted_source> generator;
    scripted_source::answers = false;
    block bytes;
    bytes.fill(std::byte{0xa5});
    auto const refused = generator.fill(bytes);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::entropy_unavailable));
    BOOST_TEST(all_zero(bytes));
    scripted_source::answers = true;
    BOOST_TEST(generator.fill(bytes).has_value());
    BOOST_TEST(!all_zero(bytes));
}

BOOST_AUTO_TEST_CASE(a_draw_that_ends_in_a_failure_leaves_zeros) {
    answering const start;
    crypto::detail::key_erasing_generator<scripted_source> generator;
    std::vector<std::byte> bytes(std::size_t{4'048} * (generator.batches_per_seed + 1));
    BOOST_REQUIRE(generator.fill(std::span(bytes).first(1)));
    scripted_source::answers = false;
    BOOST_TEST(!generator.fill(bytes));
    BOOST_TEST(all_zero(bytes));
}

BOOST_AUTO_TEST_CASE(deterministic_entropy_gives_the_words_of_philox) {
    deterministic_entropy source(0x299f31d0a4093822, 0x0370734413198a2e);
    std::array<std::byte, 16> bytes{};
    BOOST_REQUIRE(source.fill(bytes));
    auto const words = philox({0, 0, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822);
    for (std::size_t i = 0; i != 16; ++i)
        BOOST_TEST(std::to_integer<unsigned>(bytes[i]) == (words[i / 4] >> (8 * (i % 4)) & 0xffU));
}

BOOST_AUTO_TEST_CASE(deterministic_entropy_does_not_care_how_it_is_asked) {
    deterministic_entropy at_once(42);
    deterministic_entropy in_parts(42);
    std::array<std::byte, 100> whole{};
    std::array<std::byte, 100> parts{};
    BOOST_REQUIRE(at_once.fill(whole));
    for (std::size_t from = 0, size = 1; from != 100; from += size, ++size) {
        size = std::min(size, 100 - from);
        BOOST_REQUIRE(in_parts.fill(std::span(parts).subspan(from, size)));
    }
    BOOST_TEST((whole == parts));
}

BOOST_AUTO_TEST_CASE(seeds_and_streams_of_deterministic_entropy_differ) {
    std::set<block> seen;
    for (std::uint64_t seed = 0; seed != 10; ++seed)
        for (std::uint64_t stream = 0; stream != 10; ++stream) {
            block bytes{};
            deterministic_entropy source(seed, stream);
            BOOST_REQUIRE(source.fill(bytes));
            BOOST_TEST(seen.insert(bytes).second);
        }
}

BOOST_AUTO_TEST_CASE(predictable_bytes_pass_for_a_secret_only_by_their_name) {
    deterministic_entropy source(1);
    deterministic_entropy again(1);
    predictable_on_purpose on_purpose(source);
    auto const key = random_secret<32>(on_purpose);
    std::array<std::byte, 32> expected{};
    BOOST_REQUIRE(again.fill(expected));
    BOOST_REQUIRE(key.has_value());
    BOOST_TEST(equal_in_constant_time(key->expose(), expected));
}

BOOST_AUTO_TEST_CASE(a_secret_that_cannot_be_drawn_is_an_error) {
    BOOST_TEST((random_secret<32>(broken{}).error().code == errc::entropy_unavailable));
    BOOST_TEST((random_bytes<12>(broken{}).error().code == errc::entropy_unavailable));
}

BOOST_AUTO_TEST_SUITE_END()
