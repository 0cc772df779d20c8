/// @file random_tables.hpp
/// Machines drawn at compile time from a seed, over a small alphabet of states, events, guards and
/// actions that write down each call: what the agreement of the two engines is tested on.
#pragma once

#include "agreement.hpp"

#include <array>
#include <boost/mp11/list.hpp>
#include <cryptoperiod/fsm/row.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::test::random_tables {

namespace fsm = cryptoperiod::fsm;

inline constexpr unsigned state_total = 6;
inline constexpr unsigned event_total = 5;
inline constexpr unsigned guard_total = 10;
inline constexpr unsigned action_total = 5;

/// The answers of the guards, one bit each, and the calls that were made, in order. Guards see a
/// constant context, hence `mutable`.
struct context {
    unsigned mask = 0;
    mutable std::array<unsigned char, 48> calls{};
    mutable std::size_t count = 0;

    void note(unsigned kind, unsigned number) const noexcept {
        calls[count % calls.size()] = static_cast<unsigned char>(16 * kind + number);
        ++count;
    }
    friend bool operator==(context const&, context const&) = default;
};

template <unsigned N>
struct event {};

/// Even states have an entry hook, those divisible by three an exit hook: all four kinds occur.
template <unsigned N>
struct state {};
template <unsigned N>
requires(N % 2 == 0 && N % 3 != 0) struct state<N> {
    static void on_entry(auto const&, context& c) noexcept { c.note(1, N); }
};
template <unsigned N>
requires(N % 2 != 0 && N % 3 == 0) struct state<N> {
    static void on_exit(auto const&, context& c) noexcept { c.note(2, N); }
};
template <unsigned N>
requires(N % 6 == 0) struct state<N> {
    static void on_entry(auto const&, context& c) noexcept { c.note(1, N); }
    static void on_exit(auto const&, context& c) noexcept { c.note(2, N); }
};

template <unsigned N>
struct ask {
    static bool run(auto const&, context const& c) {
        c.note(3, N);
        return (c.mask >> N & 1U) != 0;
    }
};
template <unsigned N>
struct act {
    static void run(auto const&, context& c) noexcept { c.note(4, N); }
};

/// A row as numbers. `to == state_total`: stay; `action == action_total`: nothing; `guard ==
/// guard_total`: nothing.
struct drawn_row {
    unsigned from, on, to, action, guard;
};

/// Rows that share state and event with the row before them are frequent: that is where the order
/// of trial shows.
template <std::uint64_t Seed, std::size_t Rows>
[[nodiscard]] constexpr std::array<drawn_row, Rows> draw_rows() {
    std::uint64_t position = Seed * 0x9e3779b97f4a7c15U;
    auto const below = [&position](unsigned limit) {  // splitmix64
        auto z = position += 0x9e3779b97f4a7c15U;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return static_cast<unsigned>((z ^ (z >> 31U)) % limit);
    };
    std::array<drawn_row, Rows> rows{};
    for (std::size_t r = 0; r < Rows; ++r) {
        bool const same_cell = r != 0 && below(2) == 0;
        rows[r].from = same_cell ? rows[r - 1].from : below(state_total);
        rows[r].on = same_cell ? rows[r - 1].on : below(event_total);
        bool const self = below(6) == 0;
        rows[r].to = self ? rows[r].from : below(state_total + 2);
        if (rows[r].to > state_total) rows[r].to = state_total;
        rows[r].action = below(action_total + 2);
        if (rows[r].action > action_total) rows[r].action = action_total;
        rows[r].guard = below(guard_total + 1);
    }
    return rows;
}

template <unsigned From, unsigned On, unsigned To, unsigned Action, unsigned Guard>
using row_of =
    fsm::row<state<From>, event<On>, std::conditional_t<To == state_total, fsm::stay, state<To>>,
             std::conditional_t<Action == action_total, fsm::nothing, act<Action>>,
             std::conditional_t<Guard == guard_total, fsm::nothing, ask<Guard>>>;

template <std::uint64_t Seed, std::size_t Rows, class Index>
struct table_of;
template <std::uint64_t Seed, std::size_t Rows, std::size_t... R>
struct table_of<Seed, Rows, std::index_sequence<R...>> {
    static constexpr auto drawn = draw_rows<Seed, Rows>();
    using type = fsm::rows<
        row_of<drawn[R].from, drawn[R].on, drawn[R].to, drawn[R].action, drawn[R].guard>...>;
};

/// A machine of 20 to 30 rows.
template <std::uint64_t Seed>
struct definition {
    static constexpr std::string_view name = "random";
    static constexpr std::size_t row_total = 20 + Seed % 11;
    using context = random_tables::context;
    using initial_state = state<Seed % state_total>;
    using transition_table =
        typename table_of<Seed, row_total, std::make_index_sequence<row_total>>::type;
};

/// How many tables and triples were compared, and what occurred in them.
struct summary {
    std::size_t tables = 0, triples = 0, taken = 0, refused = 0, disagreements = 0;
    std::size_t internal_rows = 0, self_rows = 0, shared_cells = 0, hidden_rows = 0;
    std::string differences;

    [[nodiscard]] std::string text() const {
        return std::to_string(tables) + " random tables, " + std::to_string(triples) +
               " triples (" + std::to_string(taken) + " taken, " + std::to_string(refused) +
               " refused), " + std::to_string(internal_rows) + " internal and " +
               std::to_string(self_rows) + " self rows, " + std::to_string(shared_cells) +
               " cells with several rows, " + std::to_string(disagreements) + " disagreements" +
               differences;
    }
};

template <std::uint64_t Seed>
void add_table(summary& total, std::vector<context> const& masks) {
    using view = fsm::table_view<definition<Seed>>;
    // Every event of the alphabet, also those that this table does not have.
    auto const found =
        agrees<definition<Seed>>(masks, event<0>{}, event<1>{}, event<2>{}, event<3>{}, event<4>{});
    ++total.tables;
    total.triples += found.triples;
    total.taken += found.taken;
    total.refused += found.refused;
    total.disagreements += found.disagreements;
    if (!found.ok()) total.differences += "\nseed " + std::to_string(Seed) + " " + found.text();
    for (auto const& row : view::info) {
        total.internal_rows += row.internal;
        total.self_rows += !row.internal && row.source == row.target;
    }
    for (auto const& line : view::dense.cell)
        for (auto const cell : line) total.shared_cells += cell.count > 1;
    total.hidden_rows += view::shadowed_rows.size();
}

/// Compares both engines on the tables of `Count` seeds from `First` on, with every answer that the
/// guards can give together.
template <std::uint64_t First, std::size_t Count>
[[nodiscard]] summary compare() {
    std::vector<context> masks(std::size_t{1} << guard_total);
    for (unsigned mask = 0; mask < masks.size(); ++mask) masks[mask].mask = mask;
    summary total;
    [&]<std::size_t... I>(std::index_sequence<I...>) { (add_table<First + I>(total, masks), ...); }
    (std::make_index_sequence<Count>{});
    return total;
}

}  // namespace cryptoperiod::test::random_tables
