/// @file snapshot.hpp
/// The state of a machine, written down so that a later build can read it: by NAME, since positions
/// change with the order of the rows. The context is not part of it; whoever owns the context
/// stores it beside the snapshot.
#pragma once

#include <charconv>
#include <concepts>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace cryptoperiod::fsm {

/// The version of the form that this build writes, and the only one it reads.
inline constexpr std::uint32_t snapshot_version = 1;

/// What is written down.
struct snapshot {
    std::uint32_t version = snapshot_version;
    std::string machine;          ///< the name of the definition
    std::uint64_t fingerprint{};  ///< of the table at the time of writing
    std::string state;            ///< the name of the state

    friend bool operator==(snapshot const&, snapshot const&) = default;
};

/// What a snapshot meant to this build.
struct restored {
    state_t state{};
    bool table_changed{};  ///< the table is not the one that was in force when it was taken

    friend bool operator==(restored const&, restored const&) = default;
};

/// A machine as an object: `machine` or `compact_machine`.
template <class M>
concept machine_object = requires(M& machine, M const& fixed, state_t state) {
    typename M::definition;
    { fixed.state_id() } -> std::same_as<state_t>;
    machine.set_state(state);
};

namespace detail {

// 64-bit FNV-1a. A separator no name contains keeps "ab","c" and "a","bc" apart.
class fnv {
public:
    constexpr void add(std::string_view text) noexcept {
        for (char const c : text) add(static_cast<unsigned char>(c));
        add(std::uint8_t{0x1f});
    }
    [[nodiscard]] constexpr std::uint64_t value() const noexcept { return hash_; }

private:
    constexpr void add(std::uint8_t byte) noexcept { hash_ = (hash_ ^ byte) * 0x100000001b3u; }

    std::uint64_t hash_ = 0xcbf29ce484222325u;
};

// Names come from the compiler and may hold blanks (template arguments): everything that is not
// plain becomes %XX, so that a snapshot is always one line of four words.
[[nodiscard]] inline std::string escaped(std::string_view name) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (char const c : name) {
        bool const plain = c == '_' || c == '-' || c == '.' || (c >= '0' && c <= '9') ||
                           (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        auto const byte = static_cast<unsigned char>(c);
        if (plain)
            out += c;
        else
            out += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
    return out;
}

template <class Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text, int base) {
    Number value{};
    auto const* const end = text.data() + text.size();
    auto const [stop, problem] = std::from_chars(text.data(), end, value, base);
    if (problem != std::errc{} || stop != end) return std::nullopt;
    return value;
}

// The inverse of `escaped`; nothing for a text that `escaped` would not have written.
[[nodiscard]] inline std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        auto const byte = parse_number<std::uint8_t>(text.substr(i + 1, 2), 16);
        if (!byte) return std::nullopt;
        out += static_cast<char>(*byte);
        i += 2;
    }
    if (out.empty() || escaped(out) != text) return std::nullopt;
    return out;
}

// Takes " key=value" or "key=value" off the front of `rest`.
[[nodiscard]] inline std::optional<std::string_view> take_value(std::string_view& rest,
                                                                std::string_view key) {
    if (!rest.starts_with(key)) return std::nullopt;
    rest.remove_prefix(key.size());
    auto const value = rest.substr(0, rest.find(' '));
    rest.remove_prefix(value.size());
    return value;
}

[[nodiscard]] inline error unknown_snapshot_version(std::string_view version) {
    return {errc::unknown_version, "snapshot version " + std::string(version) +
                                       " is not known: this build reads version " +
                                       std::to_string(snapshot_version)};
}

template <class Def>
[[nodiscard]] std::string known_states() {
    std::string out;
    for (auto const name : table_view<Def>::state_names)
        out += (out.empty() ? "'" : ", '") + std::string(name) + "'";
    return out;
}

}  // namespace detail

/// 64-bit FNV-1a over the initial state and the names in each row, top-down: it changes when a row
/// is added, removed, renamed or moved.
template <class Def>
[[nodiscard]] constexpr std::uint64_t fingerprint() {
    using view = table_view<Def>;
    detail::fnv hash;
    hash.add(view::state_name(view::initial_id));
    for (auto const& row : view::info) {
        hash.add(view::state_name(row.source));
        hash.add(view::event_name(row.event));
        hash.add(row.internal ? std::string_view{} : view::state_name(row.target));
        hash.add(row.action);
        hash.add(row.guard);
    }
    return hash.value();
}

/// Writes down a state of `Def`. `state` must be an id of the table.
template <class Def>
[[nodiscard]] snapshot snapshot_of(state_t state) {
    return {snapshot_version, std::string(Def::name), fingerprint<Def>(),
            std::string(table_view<Def>::state_name(state))};
}

/// Writes down the state of a machine.
template <machine_object M>
[[nodiscard]] snapshot take_snapshot(M const& machine) {
    return snapshot_of<typename M::definition>(machine.state_id());
}

/// The state that a snapshot names, in this build's numbering. A table that has changed since is
/// accepted as long as it still has the state, and reported by `table_changed`. Errors:
/// unknown_version; inconsistent (a snapshot of another machine); unknown_name (no such state, with
/// the states there are).
template <class Def>
[[nodiscard]] result<restored> restore(snapshot const& from) {
    if (from.version != snapshot_version)
        return detail::unknown_snapshot_version(std::to_string(from.version));
    if (from.machine != Def::name)
        return error{errc::inconsistent, "the snapshot is one of '" + from.machine + "', not of '" +
                                             std::string(Def::name) + "'"};
    auto const state = table_view<Def>::state_by_name(from.state);
    if (!state)
        return error{errc::unknown_name, "the " + std::string(Def::name) + " has no state '" +
                                             from.state + "': known are " +
                                             detail::known_states<Def>()};
    return restored{*state, from.fingerprint != fingerprint<Def>()};
}

/// Puts a machine into the state that a snapshot names; its context is left alone. Errors: those of
/// `restore`; then the machine has not changed.
template <machine_object M>
[[nodiscard]] result<restored> restore_into(M& machine, snapshot const& from) {
    auto const found = restore<typename M::definition>(from);
    if (found) machine.set_state(found->state);
    return found;
}

/// One line without an end of line, e.g.
/// "fsm-snapshot=1 machine=credential_set table=0123456789abcdef state=active". Names are
/// percent-encoded.
[[nodiscard]] inline std::string to_text(snapshot const& from) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string table(16, '0');
    for (std::size_t i = 0; i < 16; ++i)
        table[15 - i] = digits[(from.fingerprint >> (4 * i)) & 15U];
    return "fsm-snapshot=" + std::to_string(from.version) +
           " machine=" + detail::escaped(from.machine) + " table=" + table +
           " state=" + detail::escaped(from.state);
}

/// Reads what `to_text` wrote, and nothing else. Errors: malformed; unknown_version (then the rest
/// of the text is not looked at).
[[nodiscard]] inline result<snapshot> parse_snapshot(std::string_view text) {
    auto const malformed = [](std::string_view part) {
        return error{errc::malformed, "not a snapshot: the " + std::string(part) +
                                          " is missing or not in the form 'fsm-snapshot=1 "
                                          "machine=<name> table=<16 hex digits> state=<name>'"};
    };
    auto rest = text;
    auto const version_text = detail::take_value(rest, "fsm-snapshot=");
    auto const version =
        version_text ? detail::parse_number<std::uint32_t>(*version_text, 10) : std::nullopt;
    if (!version || std::to_string(*version) != *version_text) return malformed("version");
    if (*version != snapshot_version) return detail::unknown_snapshot_version(*version_text);

    auto const machine_text = detail::take_value(rest, " machine=");
    auto machine = machine_text ? detail::unescaped(*machine_text) : std::nullopt;
    if (!machine) return malformed("machine");

    auto const table_text = detail::take_value(rest, " table=");
    auto const table = table_text && table_text->size() == 16
                           ? detail::parse_number<std::uint64_t>(*table_text, 16)
                           : std::nullopt;
    if (!table) return malformed("table");

    auto const state_text = detail::take_value(rest, " state=");
    auto state = state_text ? detail::unescaped(*state_text) : std::nullopt;
    if (!state || !rest.empty()) return malformed("state");

    snapshot found{*version, std::move(*machine), *table, std::move(*state)};
    if (to_text(found) != text) return malformed("table");  // upper-case digits
    return found;
}

}  // namespace cryptoperiod::fsm
