/// @file store.hpp
/// What a store is: values by key, each with a version, and no write that does not name the version
/// it replaces. `memory_store` and `adapters/sqlite_store.hpp` are stores; tests/store/contract.ipp
/// is what every one of them keeps.
#pragma once

#include <concepts>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::store {

/// Longest key, in bytes: the longest CRN (crn_bytes_max) and six of the longest ids (id_bytes_max)
/// fit, with what separates them.
inline constexpr std::size_t key_bytes_max = 4096;
/// Longest value, in bytes.
inline constexpr std::size_t value_bytes_max = std::size_t{1} << 20U;
/// Most entries of one page.
inline constexpr std::size_t page_entries_max = 1000;
/// A page ends with the entry whose value makes it reach this many bytes.
inline constexpr std::size_t page_bytes_max = 4 * value_bytes_max;

/// The version of what is not there: a writer who expects it wants to create.
inline constexpr std::uint64_t absent = 0;

/// One record, as it is kept.
struct entry {
    std::string key;
    std::uint64_t version = absent;  ///< never `absent` in an answer
    std::vector<std::byte> value;

    friend bool operator==(entry const&, entry const&) = default;
};

/// Some entries in the order of their keys, byte by byte.
struct page {
    std::vector<entry> entries;
    std::optional<std::string> next;  ///< the `after` of the next page; nullopt when this ends it

    friend bool operator==(page const&, page const&) = default;
};

/// A store. All calls are atomic and may come from any thread at any time; what a call has
/// acknowledged, every later call sees.
///
///     get(key)                               -> result<optional<entry>>; nullopt: nothing there
///     list(prefix, after, limit)             -> result<page>
///     compare_and_swap(key, expected, value) -> result<uint64_t>, the new version
///     compare_and_erase(key, expected)       -> result<void>
///
/// Keys are 1 to key_bytes_max bytes without control characters; values any value_bytes_max bytes.
/// list gives 1 to page_entries_max of the entries whose keys start with `prefix` (empty: all) and
/// come after `after` (empty: from the start), which need not be there (any more). A listing in
/// pages sees every record that is there from its first page to its last.
///
/// A write succeeds when the record has the version `expected`; `absent` demands that there is
/// none, and cannot be erased (out_of_range). A new version is above every version that the store
/// has given before, to any key: so a writer who has slept through a deletion and a new creation is
/// refused, too.
///
/// Errors: missing, out_of_range, malformed (the key, the prefix, the cursor, the limit),
/// store_too_large (the value), store_conflict (another version, or none, is there; read again),
/// store_unavailable (a write may have happened or not: read before trying again), store_corrupt.
///
/// `durable`: what was acknowledged outlives the process, killed or not, and the power.
template <class S>
concept store = requires(S& any, S const& reading, std::string_view text, std::uint64_t expected,
                         std::span<std::byte const> value, std::size_t limit) {
    { reading.get(text) } -> std::same_as<result<std::optional<entry>>>;
    { reading.list(text, text, limit) } -> std::same_as<result<page>>;
    { any.compare_and_swap(text, expected, value) } -> std::same_as<result<std::uint64_t>>;
    { any.compare_and_erase(text, expected) } -> std::same_as<result<void>>;
    requires std::same_as<decltype(S::durable), bool const>;
};

/// A store that a service may acknowledge its callers on.
template <class S>
concept durable_store = store<S> && S::durable;

namespace detail {

[[nodiscard]] inline result<void> check_key_text(std::string_view name, std::string_view text) {
    if (text.size() > key_bytes_max)
        return error{errc::out_of_range,
                     concat(name, " has ", thousands(text.size()), " bytes; at most ",
                            thousands(key_bytes_max), " are allowed")};
    if (auto const at = cryptoperiod::detail::find_control_character(text);
        at != std::string_view::npos)
        return error{errc::malformed, concat(name, " has a control character at offset ",
                                             std::to_string(at), "; remove it")};
    return {};
}

/// Whether `key` may be one. Errors: missing, out_of_range, malformed.
[[nodiscard]] inline result<void> check_key(std::string_view key) {
    if (key.empty()) return error{errc::missing, "the key is empty; give at least one byte"};
    return check_key_text("the key", key);
}

/// Whether this may be written. Errors: as check_key, and store_too_large.
[[nodiscard]] inline result<void> check_write(std::string_view key,
                                              std::span<std::byte const> value) {
    if (auto sound = check_key(key); !sound) return sound;
    if (value.size() > value_bytes_max)
        return error{errc::store_too_large,
                     concat("the value has ", thousands(value.size()), " bytes; at most ",
                            thousands(value_bytes_max), " are kept under one key")};
    return {};
}

/// Whether this may be listed. Errors: out_of_range, malformed.
[[nodiscard]] inline result<void> check_list(std::string_view prefix, std::string_view after,
                                             std::size_t limit) {
    if (auto sound = check_key_text("the prefix", prefix); !sound) return sound;
    if (auto sound = check_key_text("the cursor", after); !sound) return sound;
    if (limit == 0 || limit > page_entries_max)
        return error{errc::out_of_range,
                     concat("a page of ", thousands(limit), " entries; give 1 to ",
                            thousands(page_entries_max), " and ask for the next page")};
    return {};
}

/// The refusal of a write: `found` is what is there. Keys name customers, so none is repeated.
[[nodiscard]] inline error conflict(std::uint64_t expected, std::uint64_t found) {
    if (expected == absent)
        return {errc::store_conflict, concat("the record exists, at version ",
                                             std::to_string(found), "; read it before writing")};
    if (found == absent)
        return {errc::store_conflict, concat("there is no record to replace at version ",
                                             std::to_string(expected), "; it was deleted")};
    return {errc::store_conflict,
            concat("the record is at version ", std::to_string(found), ", not ",
                   std::to_string(expected), "; read it again before writing")};
}

/// The refusal to erase what is not there: a mistake of the caller, not of another writer.
[[nodiscard]] inline error nothing_to_erase() {
    return {errc::out_of_range, "version 0 is that of no record; give the version that was read"};
}

/// Gathers a page from entries in the order of their keys, up to its two limits.
class page_builder {
public:
    explicit page_builder(std::size_t limit) noexcept : limit_(limit) {}

    /// Whether there is room for one more; false notes that something is left for the next page.
    [[nodiscard]] bool has_room() {
        if (page_.entries.size() < limit_ && bytes_ < page_bytes_max) return true;
        page_.next = page_.entries.back().key;
        return false;
    }
    void add(entry e) {
        bytes_ += e.value.size();
        page_.entries.push_back(std::move(e));
    }
    [[nodiscard]] page take() && { return std::move(page_); }

private:
    page page_;
    std::size_t limit_;
    std::size_t bytes_ = 0;
};

}  // namespace detail
}  // namespace cryptoperiod::store
