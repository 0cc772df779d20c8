/// @file record.hpp
/// Values as bytes, for what is sealed and kept. cereal walks through the members; the archives are
/// ours, because cereal's own trust their input: 8 bytes make them allocate 2 GiB. Here each length
/// is compared with the bytes that are left, and with a budget, before anything is allocated.
///
///     record = schema u32-len+bytes | schema_version u32 | members
///
/// Numbers are little-endian and of fixed width, lengths u32, a bool is 0 or 1: one encoding a
/// value. Nothing follows the last member.
#pragma once

#include <cereal/cereal.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/verified_bytes.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cryptoperiod::store {

/// Longest record, in bytes: sealed, with up to 4 KiB of envelope, it is a value of a store.
inline constexpr std::size_t record_bytes_max = value_bytes_max - 4096;
/// Most items of all containers of a record; the bytes of texts and byte strings do not count.
inline constexpr std::size_t record_items_max = std::size_t{1} << 16U;
/// How deep values may lie within each other; a container and its item are two levels.
inline constexpr std::size_t record_depth_max = 64;

/// What can be a record: a default-constructible type with the name of its kind, which never
/// changes, its version, which grows with the members, and its members:
///
///     struct settings {
///         static constexpr std::string_view schema = "settings";
///         static constexpr std::uint32_t schema_version = 2;
///         std::string sender;
///         secret_bytes api_key;
///         std::uint32_t retries = 3;  // since version 2
///         template <class Archive>
///         void serialize(Archive& archive, std::uint32_t version) {
///             archive(sender, api_key);
///             if (version >= 2) archive(retries);
///         }
///         result<void> validate() const;  // optional: called on what was decoded
///     };
///
/// Without older versions, serialize(archive) will do; so it does for the types of members.
/// Members: numbers, bool, enums, std::byte, std::string, secret_bytes, vectors, arrays, maps,
/// sets, pairs, optionals, variants, and types of such members; no pointers. An enum may hold any
/// number of its width after decoding: that is for validate.
template <class T>
concept recordable = std::is_default_constructible_v<T> && requires {
    { T::schema } -> std::convertible_to<std::string_view>;
    { T::schema_version } -> std::convertible_to<std::uint32_t>;
};

namespace detail {

// cereal calls archives from templates of its own and knows no results. These end in this file.
struct record_refusal : std::exception {
    explicit record_refusal(errc which, char const* words) noexcept : code(which), text(words) {}
    [[nodiscard]] char const* what() const noexcept override { return text; }
    errc code;
    char const* text;  // a literal: no byte of a record is ever in it
};

/// What reading and writing have in common: how much one record may have.
class record_budget {
public:
    void take_items(std::size_t count) {
        if (count > items_left_)
            throw record_refusal(errc::store_too_large, "it has more than 65,536 items");
        items_left_ -= count;
    }
    void enter() {
        if (depth_ == record_depth_max)
            throw record_refusal(errc::store_too_large, "it is nested deeper than 64 levels");
        ++depth_;
    }
    void leave() noexcept { --depth_; }

private:
    std::size_t items_left_ = record_items_max;
    std::size_t depth_ = 0;
};

/// Reads from bytes; see the head of this file.
class record_input : public cereal::InputArchive<record_input>, public record_budget {
public:
    explicit record_input(std::span<std::byte const> bytes) : InputArchive(this), rest_(bytes) {}

    [[nodiscard]] std::span<std::byte const> take(std::size_t count) {
        if (count > rest_.size()) throw record_refusal(errc::record_corrupt, "it is cut off");
        auto const taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    template <std::unsigned_integral Number>
    [[nodiscard]] Number number() {
        Number value = 0;
        unsigned shift = 0;
        for (auto const byte : take(sizeof(Number))) {
            auto const part = static_cast<Number>(std::to_integer<Number>(byte) << shift);
            value = static_cast<Number>(value | part);
            shift += 8;
        }
        return value;
    }
    [[nodiscard]] std::size_t length() { return number<std::uint32_t>(); }
    /// A length and that many bytes.
    [[nodiscard]] std::span<std::byte const> text() { return take(length()); }
    /// How many items follow, each of at least one byte.
    [[nodiscard]] std::size_t items() {
        auto const count = length();
        if (count > rest_.size())
            throw record_refusal(errc::record_corrupt, "a length exceeds what is left");
        take_items(count);
        return count;
    }
    [[nodiscard]] bool ended() const noexcept { return rest_.empty(); }

private:
    std::span<std::byte const> rest_;
};

/// Counts the bytes of a record, or writes them: so that they are written once, to memory that is
/// wiped.
class record_output : public cereal::OutputArchive<record_output>, public record_budget {
public:
    record_output() : OutputArchive(this) {}
    explicit record_output(std::span<std::byte> to) : OutputArchive(this), to_(to), writes_(true) {}

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    void put(std::span<std::byte const> bytes) {
        if (bytes.size() > record_bytes_max - size_)
            throw record_refusal(errc::store_too_large, "it has more than 1,044,480 bytes");
        if (writes_) {
            if (bytes.size() > to_.size() - size_)
                throw record_refusal(errc::record_corrupt, "it grew while it was written");
            std::ranges::copy(bytes, to_.begin() + static_cast<std::ptrdiff_t>(size_));
        }
        size_ += bytes.size();
    }
    template <std::unsigned_integral Number>
    void number(Number value) {
        std::byte bytes[sizeof(Number)];
        for (unsigned i = 0; i != sizeof(Number); ++i)
            bytes[i] = static_cast<std::byte>(value >> (8 * i) & 0xffU);
        put(bytes);
    }
    void length(std::size_t count) {
        if (count > record_bytes_max)
            throw record_refusal(errc::store_too_large, "it has more than 1,044,480 bytes");
        number(static_cast<std::uint32_t>(count));
    }
    void text(std::span<std::byte const> bytes) { length(bytes.size()), put(bytes); }
    void items(std::size_t count) { take_items(count), length(count); }

private:
    std::span<std::byte> to_;
    std::size_t size_ = 0;
    bool writes_ = false;
};

/// The unsigned number of as many bytes.
template <class T>
using bits_of = std::conditional_t<
    sizeof(T) == 1, std::uint8_t,
    std::conditional_t<sizeof(T) == 2, std::uint16_t,
                       std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>;

/// Numbers whose width is the same everywhere.
template <class T>
concept record_number = std::is_arithmetic_v<T> && !std::same_as<T, bool> &&
                        !std::same_as<T, long double> && !std::same_as<T, wchar_t>;

// What cereal looks for beside an archive, by its names. (T&: a const reference to what is yet to
// be read is "used uninitialised" for g++.)
template <class T>
void prologue(record_input& in, T&) {
    in.enter();
}
template <class T>
void epilogue(record_input& in, T&) noexcept {
    in.leave();
}
template <class T>
void prologue(record_output& out, T const&) {
    out.enter();
}
template <class T>
void epilogue(record_output& out, T const&) noexcept {
    out.leave();
}

template <record_number T>
void load(record_input& in, T& value) {
    value = std::bit_cast<T>(in.number<bits_of<T>>());
}
template <record_number T>
void save(record_output& out, T const& value) {
    out.number(std::bit_cast<bits_of<T>>(value));
}
template <std::same_as<bool> T>
void load(record_input& in, T& value) {
    auto const byte = in.number<std::uint8_t>();
    if (byte > 1) throw record_refusal(errc::record_corrupt, "a bool is neither 0 nor 1");
    value = byte == 1;
}
template <std::same_as<bool> T>
void save(record_output& out, T const& value) {
    out.number<std::uint8_t>(value ? 1 : 0);
}

template <class T>
void serialize(record_input& in, cereal::NameValuePair<T>& pair) {
    in(pair.value);
}
template <class T>
void serialize(record_output& out, cereal::NameValuePair<T>& pair) {
    out(pair.value);
}
template <class T>
void load(record_input& in, cereal::SizeTag<T>& tag) {
    tag.size = static_cast<cereal::size_type>(in.items());
}
template <class T>
void save(record_output& out, cereal::SizeTag<T> const& tag) {
    out.items(static_cast<std::size_t>(tag.size));
}

// Byte strings in one piece: cereal would ask byte by byte, and each would be an item.
inline void load(record_input& in, std::string& text) {
    auto const bytes = in.text();
    text.assign(reinterpret_cast<char const*>(bytes.data()), bytes.size());
}
inline void save(record_output& out, std::string const& text) {
    out.text(std::as_bytes(std::span(text)));
}
inline void load(record_input& in, std::vector<std::byte>& value) {
    auto const bytes = in.text();
    value.assign(bytes.begin(), bytes.end());
}
inline void save(record_output& out, std::vector<std::byte> const& value) { out.text(value); }
inline void load(record_input& in, secret_bytes& secret) {
    secret = secret_bytes::copy_of(in.text());
}
inline void save(record_output& out, secret_bytes const& secret) { out.text(secret.expose()); }

/// The members of a record of `version`.
template <class Archive, recordable T>
void walk(Archive& archive, T& value, std::uint32_t version) {
    if constexpr (requires { value.serialize(archive, version); }) {
        value.serialize(archive, version);
    } else {
        static_assert(
            T::schema_version == 1 || requires { value.serialize(archive, version); },
            "a record with older versions has serialize(archive, version)");
        archive(value);
    }
}

template <recordable T>
void write(record_output& out, T const& value, std::uint32_t version) {
    out.text(std::as_bytes(std::span(std::string_view(T::schema))));
    out.number(version);
    walk(out, const_cast<T&>(value), version);  // serialize is one function for both ways
}

/// Whether the bytes are those that `value` is written as.
template <recordable T>
[[nodiscard]] bool is_written_as(T const& value, std::span<std::byte const> bytes) {
    auto const written = secret_bytes::make(bytes.size(), [&](std::span<std::byte> to) {
        record_output out(to);
        write(out, value, T::schema_version);
    });
    return std::ranges::equal(written.expose(), bytes);
}

[[nodiscard]] inline error not_a_record(std::string_view schema, errc code, std::string_view why) {
    return {code, concat("not a record '", schema, "': ", why)};
}

template <recordable T>
[[nodiscard]] result<T> read(std::span<std::byte const> bytes) {
    std::string_view const schema = T::schema;
    if (bytes.size() > record_bytes_max)
        return not_a_record(schema, errc::store_too_large, "it has more than 1,044,480 bytes");
    record_input in(bytes);
    if (!std::ranges::equal(in.text(), std::as_bytes(std::span(schema))))
        return not_a_record(schema, errc::record_corrupt, "it is of another kind");
    auto const version = in.number<std::uint32_t>();
    if (version == 0 || version > T::schema_version)
        return not_a_record(
            schema, errc::unknown_version,
            concat("it is of version ", std::to_string(version), ", this build reads up to ",
                   std::to_string(T::schema_version), "; update it"));
    T value = T();  // T{} would refuse an aggregate with a secret_bytes
    walk(in, value, version);
    if (!in.ended())
        return not_a_record(schema, errc::record_corrupt, "bytes follow its last member");
    // Maps that repeat a key and the like: no two spellings of one value.
    if (version == T::schema_version && !is_written_as(value, bytes))
        return not_a_record(schema, errc::record_corrupt, "its value is written in another way");
    if constexpr (requires {
                      { value.validate() } -> std::same_as<result<void>>;
                  })
        if (auto sound = value.validate(); !sound)
            return not_a_record(schema, errc::record_corrupt, sound.error().detail);
    return value;
}

}  // namespace detail

/// The bytes of `value`, in memory that is wiped. Errors: store_too_large (more than
/// record_bytes_max, record_items_max or record_depth_max).
template <recordable T>
[[nodiscard]] result<secret_bytes> encode(T const& value) {
    try {
        detail::record_output counted;
        detail::write(counted, value, T::schema_version);
        return secret_bytes::make(counted.size(), [&](std::span<std::byte> to) {
            detail::record_output out(to);
            detail::write(out, value, T::schema_version);
        });
    } catch (detail::record_refusal const& refusal) {
        return error{refusal.code, concat("a record '", std::string_view(T::schema),
                                          "' cannot be written: ", refusal.what())};
    }
}

/// The value that `bytes` are, which only an authenticated opening can give. Accepts what encode
/// writes, and older versions of it; nothing is allocated beyond a small multiple of the bytes and
/// 65,536 items. Errors: record_corrupt (another kind, cut off, trailing bytes, another spelling,
/// refused by validate), unknown_version (newer than this build), store_too_large. No detail
/// repeats bytes of the record.
template <recordable T>
[[nodiscard]] result<T> decode(verified_bytes bytes) {
    try {
        return detail::read<T>(bytes.expose());
    } catch (detail::record_refusal const& refusal) {
        return detail::not_a_record(T::schema, refusal.code, refusal.what());
    } catch (cereal::Exception const&) {  // such as an alternative that a variant does not have
        return detail::not_a_record(T::schema, errc::record_corrupt, "a member has no such value");
    }
}

}  // namespace cryptoperiod::store

CEREAL_SETUP_ARCHIVE_TRAITS(cryptoperiod::store::detail::record_input,
                            cryptoperiod::store::detail::record_output)
