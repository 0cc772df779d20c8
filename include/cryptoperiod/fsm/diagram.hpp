/// @file diagram.hpp
/// Pictures of a table, as text: Mermaid, DOT and Markdown. The same table always gives the same
/// bytes, so that generated documents can be compared with committed ones.
#pragma once

#include <cryptoperiod/fsm/table.hpp>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace cryptoperiod::fsm {

namespace detail {

struct replacement {
    char from;
    std::string_view to;
};

[[nodiscard]] inline std::string replaced(std::string_view text,
                                          std::initializer_list<replacement> table) {
    std::string out;
    for (char const c : text) {
        std::string_view shown(&c, 1);
        for (auto const& line : table)
            if (line.from == c) shown = line.to;
        out += shown;
    }
    return out;
}

[[nodiscard]] inline std::string mermaid_text(std::string_view text) {
    return replaced(text,
                    {{'#', "#35;"}, {';', "#59;"}, {'<', "#lt;"}, {'>', "#gt;"}, {'"', "#quot;"}});
}
[[nodiscard]] inline std::string dot_text(std::string_view text) {
    return replaced(text, {{'"', "\\\""}, {'\\', "\\\\"}});
}
[[nodiscard]] inline std::string markdown_text(std::string_view text) {
    return replaced(text, {{'|', "\\|"}, {'<', "&lt;"}, {'>', "&gt;"}, {'[', "\\["}, {'_', "\\_"}});
}

// Words and characters that Mermaid would not take as the name of a state.
[[nodiscard]] inline bool plain_in_mermaid(std::string_view name) {
    for (auto const word : {"as", "choice", "class", "classDef", "click", "default", "direction",
                            "end", "fork", "join", "note", "state", "style"})
        if (name == word) return false;
    for (char const c : name)
        if (!(c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
              (c >= 'A' && c <= 'Z')))
            return false;
    return !name.empty();
}

template <class Def>
[[nodiscard]] std::string mermaid_id(state_t state) {
    auto const name = table_view<Def>::state_name(state);
    return plain_in_mermaid(name) ? std::string(name) : "state_" + std::to_string(state);
}

// " [guard] / action", as far as the row has them.
[[nodiscard]] inline std::string conditions(row_info const& row) {
    std::string out;
    if (row.guarded) out += " [" + std::string(row.guard) + "]";
    if (row.acts) out += " / " + std::string(row.action);
    return out;
}

// One cell of the matrix: where the event leads, as the rows are tried.
template <class Def>
[[nodiscard]] std::string matrix_cell(std::size_t state, std::size_t event) {
    using view = table_view<Def>;
    auto const cell = view::dense.cell[state][event];
    std::string out;
    for (std::size_t i = 0; i < cell.count; ++i) {
        auto const& row = view::info[view::dense.order[cell.first + i]];
        if (i != 0) out += ", else ";
        out += row.internal ? "stay" : markdown_text(view::state_name(row.target));
        if (row.guarded) out += " " + markdown_text("[" + std::string(row.guard) + "]");
    }
    return out.empty() ? "-" : out;
}

}  // namespace detail

/// A Mermaid state diagram. Guards are in [], actions after /; a row that stays is an arrow to
/// itself that ends in (stay); sinks lead to the end.
template <class Def>
[[nodiscard]] std::string mermaid() {
    using view = table_view<Def>;
    std::string out = "stateDiagram-v2\n";
    for (std::size_t s = 0; s < view::state_count; ++s)
        if (!detail::plain_in_mermaid(view::state_names[s]))
            out += "  state \"" + detail::mermaid_text(view::state_names[s]) + "\" as " +
                   detail::mermaid_id<Def>(static_cast<state_t>(s)) + "\n";
    out += "  [*] --> " + detail::mermaid_id<Def>(view::initial_id) + "\n";
    for (auto const& row : view::info) {
        out += "  " + detail::mermaid_id<Def>(row.source) + " --> " +
               detail::mermaid_id<Def>(row.target) + " : ";
        out += detail::mermaid_text(std::string(view::event_name(row.event)) +
                                    detail::conditions(row) + (row.internal ? " (stay)" : ""));
        out += "\n";
    }
    for (auto const state : view::sinks)
        out += "  " + detail::mermaid_id<Def>(state) + " --> [*]\n";
    return out;
}

/// A Graphviz graph. Guards are in [], actions after /; rows that stay are dashed; sinks have a
/// double border.
template <class Def>
[[nodiscard]] std::string dot() {
    using view = table_view<Def>;
    auto const quoted = [](std::string_view text) { return "\"" + detail::dot_text(text) + "\""; };
    std::string out = "digraph " + quoted(Def::name) + " {\n";
    out += "  rankdir=LR;\n  node [shape=box, style=rounded];\n";
    out += "  start [shape=point];\n";
    for (auto const state : view::sinks)
        out += "  " + quoted(view::state_name(state)) + " [peripheries=2];\n";
    out += "  start -> " + quoted(view::state_name(view::initial_id)) + ";\n";
    for (auto const& row : view::info)
        out += "  " + quoted(view::state_name(row.source)) + " -> " +
               quoted(view::state_name(row.target)) + " [label=" +
               quoted(std::string(view::event_name(row.event)) + detail::conditions(row)) +
               (row.internal ? ", style=dashed];\n" : "];\n");
    return out + "}\n";
}

/// Two Markdown tables: the rows, top-down, and a matrix of states and events, in which the rows of
/// a cell stand in the order in which they are tried and "-" is a refusal.
template <class Def>
[[nodiscard]] std::string markdown() {
    using view = table_view<Def>;
    auto const shown = [](std::string_view text) {
        return text.empty() ? std::string("-") : detail::markdown_text(text);
    };
    std::string out = "| row | from | event | to | guard | action |\n|---|---|---|---|---|---|\n";
    for (std::size_t r = 0; r < view::row_count; ++r) {
        auto const& row = view::info[r];
        out += "| " + std::to_string(r) + " | " + shown(view::state_name(row.source)) + " | " +
               shown(view::event_name(row.event)) + " | " +
               (row.internal ? "stay" : shown(view::state_name(row.target))) + " | " +
               shown(row.guard) + " | " + shown(row.action) + " |\n";
    }
    out += "\n| state |";
    for (auto const name : view::event_names) out += " " + shown(name) + " |";
    out += "\n|---|";
    for (std::size_t e = 0; e < view::event_count; ++e) out += "---|";
    out += "\n";
    for (std::size_t s = 0; s < view::state_count; ++s) {
        out += "| " + shown(view::state_names[s]);
        out += s == view::initial_id ? " (initial) |" : " |";
        for (std::size_t e = 0; e < view::event_count; ++e)
            out += " " + detail::matrix_cell<Def>(s, e) + " |";
        out += "\n";
    }
    return out;
}

}  // namespace cryptoperiod::fsm
