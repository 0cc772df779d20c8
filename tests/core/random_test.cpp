#include <array>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/isa.hpp>
#include <cryptoperiod/core/lanes.hpp>
#include <cryptoperiod/core/random.hpp>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <string_view>
#include <vector>

using namespace cryptoperiod;

namespace {

using sixteen = std::uint32_t[4][16];

// Every instruction set that this processor has.
std::vector<isa> available() {
    std::vector<isa> sets;
    for (auto const set : {isa::portable, isa::avx2, isa::avx512})
        if (set <= best_isa()) sets.push_back(set);
    return sets;
}

// Known-answer vectors of philox4x32-10: Random123, tests/kat_vectors.
struct known_answer {
    philox_block counter;
    std::uint64_t key;
    philox_block words;
};
constexpr std::array known_answers{
    known_answer{{0, 0, 0, 0}, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    known_answer{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                 0xffffffffffffffff,
                 {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    known_answer{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                 0x299f31d0a4093822,
                 {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};
[[maybe_unused]] constexpr philox_block made_while_compiling = philox({1, 2, 3, 4}, 5);

}  // namespace

BOOST_AUTO_TEST_SUITE(random_test)

BOOST_AUTO_TEST_CASE(philox_gives_the_known_answers) {
    for (auto const& known : known_answers)
        BOOST_TEST((philox(known.counter, known.key) == known.words));
}

BOOST_AUTO_TEST_CASE(every_instruction_set_gives_the_known_answers_in_every_lane) {
    for (auto const set : available())
        for (auto const& known : known_answers)
            for (std::size_t lane = 0; lane != 16; ++lane) {
                sixteen counter{};
                sixteen words{};
                for (std::size_t w = 0; w != 4; ++w) counter[w][lane] = known.counter[w];
                philox_lanes(set, counter, known.key, words);
                for (std::size_t w = 0; w != 4; ++w)
                    BOOST_TEST(words[w][lane] == known.words[w],
                               to_string(set) << " lane " << lane << " word " << w);
            }
}

BOOST_AUTO_TEST_CASE(sixteen_lanes_equal_the_scalar_form) {
    std::mt19937_64 random(123);
    auto const word = [&random] { return static_cast<std::uint32_t>(random()); };
    for (int run = 0; run != 5000; ++run) {
        sixteen counter{};
        for (auto& row : counter)
            for (auto& lane : row) lane = word();
        std::uint64_t const key = random();
        for (auto const set : available()) {
            sixteen words{};
            philox_lanes(set, counter, key, words);
            for (std::size_t i = 0; i != 16; ++i) {
                auto const expected =
                    philox({counter[0][i], counter[1][i], counter[2][i], counter[3][i]}, key);
                for (std::size_t w = 0; w != 4; ++w)
                    BOOST_TEST_REQUIRE(words[w][i] == expected[w],
                                       to_string(set) << " lane " << i << " word " << w);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(consecutive_devices_equal_the_scalar_form) {
    // The counters that engines use: neighbours, and the wrap at the end of the numbers.
    for (std::uint32_t const first : {0U, 16U, 0x7ffffff8U, 0xfffffff8U})
        for (auto const set : available()) {
            sixteen counter{};
            sixteen words{};
            for (std::uint32_t i = 0; i != 16; ++i) {
                counter[0][i] = first + i;
                counter[1][i] = 3;
            }
            philox_lanes(set, counter, 42, words);
            for (std::uint32_t i = 0; i != 16; ++i)
                BOOST_TEST((philox_block{words[0][i], words[1][i], words[2][i], words[3][i]} ==
                            philox({first + i, 3, 0, 0}, 42)));
        }
}

BOOST_AUTO_TEST_CASE(the_portable_kernel_equals_the_scalar_form) {
    portable::lanes word[4] = {portable::iota(), portable::splat(7), portable::splat(0),
                               portable::splat(0xffffffffU)};
    portable::philox(word, round_keys(0x0123456789abcdef));
    for (std::uint32_t i = 0; i != 16; ++i)
        BOOST_TEST((philox_block{word[0].v[i], word[1].v[i], word[2].v[i], word[3].v[i]} ==
                    philox({i, 7, 0, 0xffffffffU}, 0x0123456789abcdef)));
}

BOOST_AUTO_TEST_CASE(sixteen_exponentials_equal_the_scalar_form) {
    auto const equal = [](auto const& exponentials, char const* name) {
        for (std::uint32_t from = 0; from != 2000; ++from) {
            std::array<std::uint32_t, 16> words{};
            std::array<q32, 16> out{};
            for (std::uint32_t i = 0; i != 16; ++i)  // of every magnitude, and the ends
                words[i] = philox({from, i, 0, 0}, 8)[0] >> (from + i) % 33 / 2 * 2 % 32;
            words[from % 16] = 0xffffffffU >> from % 32;
            exponentials(words.data(), out.data());
            for (std::size_t i = 0; i != 16; ++i)
                BOOST_TEST_REQUIRE(out[i] == exponential_q32(words[i]), name << " " << words[i]);
        }
    };
    equal(portable::exponentials, "portable");
#if defined(__x86_64__)
    if (best_isa() >= isa::avx2) equal(avx2::exponentials, "avx2");
    if (best_isa() >= isa::avx512) equal(avx512::exponentials, "avx512");
#endif
}

BOOST_AUTO_TEST_CASE(instruction_sets_have_their_names) {
    for (auto const set : {isa::portable, isa::avx2, isa::avx512})
        BOOST_TEST((isa_by_name(to_string(set)) == set));
    BOOST_TEST(to_string(isa::portable) == "portable");
    BOOST_TEST(!isa_by_name("sse2").has_value());
    BOOST_TEST(!isa_by_name("").has_value());
}

BOOST_AUTO_TEST_CASE(a_stream_is_philox_of_device_purpose_block_and_call) {
    random_stream const stream{0x299f31d0a4093822};
    BOOST_TEST(
        (stream.words(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344) == known_answers[2].words));
    BOOST_TEST((stream.words(1, 2, 3) == stream.words(1, 2, 3, 0)));
}

BOOST_AUTO_TEST_CASE(each_part_of_the_address_changes_the_words) {
    std::set<philox_block> seen;
    for (std::uint64_t const seed : {0ULL, 1ULL, 1ULL << 32U})
        for (std::uint32_t place = 0; place != 4; ++place)
            for (std::uint32_t n = 1; n != 100; ++n) {
                std::array<std::uint32_t, 4> at{};
                at[place] = n;
                seen.insert(random_stream{seed}.words(at[0], at[1], at[2], at[3]));
            }
    BOOST_TEST(seen.size() == 3U * 4U * 99U);
}

BOOST_AUTO_TEST_CASE(each_bit_of_the_words_is_one_about_half_the_time) {
    std::array<std::array<int, 32>, 4> ones{};
    constexpr int draws = 20000;
    for (std::uint32_t device = 0; device != draws; ++device) {
        auto const words = random_stream{1}.words(device, 0, 0);
        for (std::size_t w = 0; w != 4; ++w)
            for (unsigned bit = 0; bit != 32; ++bit)
                ones[w][bit] += static_cast<int>(words[w] >> bit & 1U);
    }
    // Six standard deviations of a fair coin: sqrt(20000) / 2 = 71.
    for (auto const& word : ones)
        for (int const count : word) {
            BOOST_TEST(count > draws / 2 - 426);
            BOOST_TEST(count < draws / 2 + 426);
        }
}

BOOST_AUTO_TEST_CASE(scaling_a_word_covers_the_values_evenly) {
    BOOST_TEST(scale_word(0, 7) == 0U);
    BOOST_TEST(scale_word(0xffffffffU, 7) == 6U);
    BOOST_TEST(scale_word(0xffffffffU, 1) == 0U);
    BOOST_TEST(scale_word(0xffffffffU, 0xffffffffU) == 0xfffffffeU);
    BOOST_TEST(scale_word(0x7fffffffU, 2) == 0U);
    BOOST_TEST(scale_word(0x80000000U, 2) == 1U);
    BOOST_TEST(scale_word(5, 0) == 0U);
    std::array<int, 10> counts{};
    for (std::uint32_t device = 0; device != 25000; ++device)
        for (auto const word : random_stream{2}.words(device, 0, 0)) ++counts[scale_word(word, 10)];
    for (int const count : counts) {  // six standard deviations: 6 * sqrt(100000 * 0.09) = 569
        BOOST_TEST(count > 10000 - 569);
        BOOST_TEST(count < 10000 + 569);
    }
}

BOOST_AUTO_TEST_SUITE_END()
