/// @file reading.hpp
/// Reads vector files strictly: whatever is missing, is not asked for, is of another type or comes
/// twice is a misunderstanding, and a misunderstanding is a failure.
#pragma once

#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vectors {

using json = nlohmann::json;
using byte_string = std::vector<std::byte>;
using cryptoperiod::crypto::bytes_view;

/// Something in a file that this program does not understand.
class misunderstood : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A text of a file between quotes, safe to print.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// The fields of an object. Each has to be asked for, or `done` throws; all throw `misunderstood`.
class fields {
public:
    explicit fields(json const& object) : object_(object) {
        if (!object.is_object())
            throw misunderstood(std::string("an object is expected, not a ") + object.type_name());
    }

    [[nodiscard]] bool has(char const* name) const { return object_.contains(name); }

    /// The field, of any type.
    [[nodiscard]] json const& any(char const* name) {
        auto const found = object_.find(name);
        if (found == object_.end()) throw misunderstood("no field " + in_quotes(name));
        asked_.insert(name);
        return *found;
    }
    /// Texts for the reader alone. They have to be there, and may be empty.
    void remarks(std::initializer_list<char const*> names) {
        for (auto const* name : names) static_cast<void>(text(name));
    }

    [[nodiscard]] std::string text(char const* name) {
        auto const& value = any(name);
        if (!value.is_string()) throw misunderstood(in_quotes(name) + " is not a text");
        return value.get<std::string>();
    }
    [[nodiscard]] std::string filled_text(char const* name) {
        auto value = text(name);
        if (value.empty()) throw misunderstood(in_quotes(name) + " is empty");
        return value;
    }
    /// Throws unless the field is this text.
    void constant(char const* name, std::string_view known) {
        if (auto const value = text(name); value != known)
            throw misunderstood("the " + std::string(name) + " " + in_quotes(value) +
                                "; known: " + std::string(known));
    }
    [[nodiscard]] fields object(char const* name) {
        auto const& value = any(name);
        if (!value.is_object()) throw misunderstood(in_quotes(name) + " is not an object");
        return fields(value);
    }
    [[nodiscard]] std::vector<std::string> texts(char const* name) {
        std::vector<std::string> all;
        for (auto const& value : list(name)) {
            if (!value.is_string()) throw misunderstood(in_quotes(name) + " holds more than texts");
            all.push_back(value.get<std::string>());
        }
        return all;
    }
    [[nodiscard]] std::vector<std::string> filled_texts(char const* name) {
        static_cast<void>(filled_list(name));
        return texts(name);
    }
    [[nodiscard]] byte_string hex(char const* name) {
        auto bytes = cryptoperiod::from_hex(text(name));
        if (!bytes) throw misunderstood(in_quotes(name) + ": " + bytes.error().detail);
        return *std::move(bytes);
    }
    [[nodiscard]] json const& list(char const* name) {
        auto const& value = any(name);
        if (!value.is_array()) throw misunderstood(in_quotes(name) + " is not a list");
        return value;
    }
    [[nodiscard]] json const& filled_list(char const* name) {
        auto const& value = list(name);
        if (value.empty()) throw misunderstood(in_quotes(name) + " is empty");
        return value;
    }
    /// A number that is not negative, as such or as decimal text.
    [[nodiscard]] std::uint64_t number(char const* name) {
        auto const& value = any(name);
        if (value.is_number_unsigned()) return value.get<std::uint64_t>();
        if (value.is_string()) {
            auto const digits = value.get<std::string>();
            if (!digits.empty() && digits.size() < 19 &&
                digits.find_first_not_of("0123456789") == std::string::npos)
                return std::stoull(digits);
        }
        throw misunderstood(in_quotes(name) + " is not a number from 0 on");
    }

    /// Throws for the first field that nobody has asked for.
    void done() const {
        for (auto const& [name, value] : object_.items())
            if (!asked_.contains(name)) throw misunderstood("unknown field " + in_quotes(name));
    }

private:
    json const& object_;
    std::set<std::string> asked_;
};

/// What came of one file.
struct tally {
    std::size_t passed = 0;
    std::size_t failed = 0;
    std::size_t out_of_profile = 0;  ///< of the passed: valid, not offered here, and refused
    std::vector<std::string> complaints{};

    void fail(std::string const& where, std::string const& what, std::size_t count = 1) {
        failed += count;
        complaints.push_back(where + ": " + what);
    }
    /// Runs one test; it passes unless it throws `misunderstood` or gives a complaint.
    template <class Test>
    void run(std::string const& where, Test const& test) {
        std::string complaint;
        try {
            complaint = test();
        } catch (misunderstood const& e) {
            complaint = e.what();
        }
        if (complaint.empty())
            ++passed;
        else
            fail(where, complaint);
    }
};

/// Runs the vectors of a file that is {source, vectors: [...]} and some remarks, each by
/// `run_vector`.
template <class RunVector>
void run_list(json const& root, std::initializer_list<char const*> remarks, tally& counts,
              RunVector const& run_vector) {
    fields file(root);
    static_cast<void>(file.filled_text("source"));
    file.remarks(remarks);
    auto const& all = file.filled_list("vectors");
    file.done();
    std::size_t place = 0;
    for (auto const& one : all)
        counts.run("vector " + std::to_string(place++), [&] { return run_vector(one); });
}

/// The formats. Each takes the root of a file and counts its tests.
void run_wycheproof(json const& root, tally& counts);
void run_hpke(json const& root, tally& counts);
void run_xaes(json const& root, tally& counts);
void run_pusher(json const& root, tally& counts);

}  // namespace vectors
