/// @file toml_table.hpp
/// One table of a scenario file while it is read: typed values by key, and, at the end, the keys
/// that nobody asked for and those that somebody missed.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reading.hpp"
#include "toml_value.hpp"

namespace cryptoperiod::input {

enum class need : bool { optional, required };

/// Reads keys of a table; every error goes to the `reading`, and reading goes on.
class toml_table {
public:
    /// `path`: of the table in the scenario ("fleet"; empty at the top). `heading`: how messages
    /// call it ("[fleet]").
    toml_table(toml::table const& table, std::string path, std::string heading, reading& state);

    /// The value of `key`, or nullptr. Its place becomes known. `help`: how to add it when it is
    /// required and missing.
    toml::node const* find(std::string_view key, need how = need::optional, std::string help = {});

    /// Stores the value of `key` in `into` when it is there and `parse` accepts it. True when
    /// stored.
    template <class T, class Into>
    bool read(std::string_view key, value_or<T> (*parse)(std::string_view, toml::node const&),
              Into& into, need how = need::optional) {
        auto const* node = find(key, how);
        if (node == nullptr) return false;
        auto value = parse(key, *node);
        if (auto const* wrong = std::get_if<complaint>(&value)) {
            refuse(key, *node, *wrong);
            return false;
        }
        into = std::get<T>(std::move(value));
        return true;
    }

    /// An error about the value of `key`.
    void refuse(std::string_view key, toml::node const& node, complaint wrong);

    /// Reports unknown keys and missing ones. A missing key is not reported when an unknown one
    /// looks like its misspelling. To be called once, after the last read.
    void finish();

    /// "fleet.devices".
    [[nodiscard]] std::string path_of(std::string_view key) const;
    [[nodiscard]] reading& state() noexcept { return state_; }
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

private:
    toml::table const& table_;
    std::string path_, heading_;
    reading& state_;
    std::vector<std::string_view> known_;
    std::vector<std::pair<std::string_view, std::string>> missing_;  ///< key, help
};

/// Calls `each(table)` for the table `key` ("[fleet]"), if it is there; an error when it is no
/// table.
template <class Each>
void with_table(toml_table& parent, std::string_view key, need how, Each each) {
    auto const heading = "[" + std::string(key) + "]";
    auto const* node = parent.find(key, how, "add the table " + heading);
    if (node == nullptr) return;
    auto const* table = node->as_table();
    if (table == nullptr)
        return parent.refuse(key, *node, wrong_kind(key, "one table", *node, "write " + heading));
    toml_table entry(*table, parent.path_of(key), heading, parent.state());
    each(entry);
    entry.finish();
}

/// Calls `each(table, index)` for every table of the list of tables `key` ("[[release]]"); errors
/// for what is no such list. The list is as long as the return value says.
template <class Each>
std::size_t for_each_table(toml_table& parent, std::string_view key, Each each) {
    auto const* node = parent.find(key);
    if (node == nullptr) return 0;
    auto const* list = node->as_array();
    auto const heading = "[[" + std::string(key) + "]]";
    if (list == nullptr) {
        parent.refuse(key, *node, wrong_kind(key, "a list of tables", *node, "write " + heading));
        return 0;
    }
    for (std::size_t i = 0; i != list->size(); ++i) {
        auto const path = parent.path_of(key) + "[" + std::to_string(i) + "]";
        auto const& item = *list->get(i);
        auto const at = place_of(item.source());
        parent.state().where.add(path, at);
        if (auto const* table = item.as_table()) {
            toml_table entry(*table, path, heading, parent.state());
            each(entry, i);
            entry.finish();
        } else {
            auto wrong = wrong_kind(key, "a list of tables", item, "write " + heading);
            parent.state().refuse(path, at, wrong.code, wrong.message, wrong.help);
        }
    }
    return list->size();
}

}  // namespace cryptoperiod::input
