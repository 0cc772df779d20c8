/// @file samples.hpp
/// A record that has everything a record may have, for the tests and the fuzzer.
#pragma once

#include <array>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/store/record.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cryptoperiod::test {

enum class colour : std::uint8_t { red, green };

struct platform {
    std::uint32_t number = 0;
    std::string name;
    std::vector<std::byte> token;
    colour paint = colour::red;

    friend bool operator==(platform const&, platform const&) = default;
    template <class Archive>
    void serialize(Archive& archive) {
        archive(number, name, token, paint);
    }
};

struct tree {
    std::vector<tree> branches;

    friend bool operator==(tree const&, tree const&) = default;
    template <class Archive>
    void serialize(Archive& archive) {
        archive(branches);
    }
};

/// Version 2; `late` came with it.
struct everything {
    static constexpr std::string_view schema = "everything";
    static constexpr std::uint32_t schema_version = 2;

    bool yes = false;
    std::int64_t below_zero = 0;
    double share = 0;
    std::string text;
    secret_bytes secret;
    std::array<std::byte, 4> tag{};
    std::vector<std::uint16_t> numbers;
    std::vector<bool> flags;
    std::vector<std::string> names;
    std::map<std::string, platform> platforms;
    std::set<std::int8_t> set;
    std::optional<platform> perhaps;
    std::variant<std::uint32_t, std::string, platform> either;
    std::pair<char, float> both{};
    tree root;
    std::string late;

    template <class Archive>
    void serialize(Archive& archive, std::uint32_t version) {
        archive(yes, below_zero, share, text, secret, tag, numbers, flags, names);
        archive(platforms, set, perhaps, either, both, root);
        if (version >= 2) archive(late);
    }
    [[nodiscard]] result<void> validate() const {
        if (perhaps && perhaps->paint > colour::green)
            return error{errc::out_of_range, "a platform has a colour that does not exist"};
        return {};
    }
};

[[nodiscard]] inline everything full_sample() {
    using namespace std::string_literals;
    everything e;
    e.yes = true;
    e.below_zero = -2;
    e.share = 0.05;
    e.text = "crn:v1:\0x"s;
    e.secret = secret_bytes::copy_of("AIza-not-a-key");
    e.tag = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{0xff}};
    e.numbers = {1, 2, 0xffff};
    e.flags = {true, false, true};
    e.names = {"a", "", "ccc"};
    e.platforms = {{"apns", {1, "n", {std::byte{9}}, colour::green}}, {"fcm", {2, "m", {}, {}}}};
    e.set = {-1, 3};
    e.perhaps = platform{7, "p", {}, colour::green};
    e.either = "either"s;
    e.both = {'b', 1.5F};
    e.root.branches = {tree{}, tree{{tree{}}}};
    e.late = "late";
    return e;
}

}  // namespace cryptoperiod::test
