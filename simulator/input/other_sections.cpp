#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "sections.hpp"
#include "share.hpp"

namespace cryptoperiod::input {
namespace {

struct operator_text {
    std::string_view text;
    fleet::comparison op;
};

// The longer of two that begin alike comes first.
constexpr operator_text operators[] = {
    {"<=", fleet::comparison::at_most}, {">=", fleet::comparison::at_least},
    {"==", fleet::comparison::equal},   {"<", fleet::comparison::less},
    {">", fleet::comparison::greater},
};

/// "< 0.1 %" as a comparison and a limit.
value_or<fleet::promise> as_promise(std::string_view key, toml::node const& node) {
    auto const form = "write it like \"< 0.1 %\" or \"<= 2\"";
    if (node.is_table())
        return complaint{errc::malformed, fmt::format("'{}' is only a part of a metric", key),
                         "put the whole name in quotes: \"devices.broken.share\" = \"< 0.1 %\""};
    if (!node.is_string()) return wrong_kind(key, "text", node, form);
    fleet::promise promise{std::string(key), {}, 0, node.as_string()->get()};
    std::string_view rest = promise.text;
    auto const skip_spaces = [&] {
        while (rest.starts_with(' ')) rest.remove_prefix(1);
    };
    skip_spaces();
    for (auto const& [text, op] : operators) {
        if (!rest.starts_with(text)) continue;
        rest.remove_prefix(text.size());
        skip_spaces();
        while (rest.ends_with(' ')) rest.remove_suffix(1);
        auto const number = parse_number(rest);
        if (!number) return complaint{number.error().code, number.error().detail, form};
        if (number->is_percentage && !key.ends_with(".share"))
            return complaint{errc::inconsistent, fmt::format("'{}' is a count, not a share", key),
                             "compare it with a number"};
        promise.op = op;
        promise.limit = number->value;
        return promise;
    }
    return complaint{errc::malformed,
                     fmt::format("'{}' does not begin with <, <=, >, >= or ==", promise.text),
                     form};
}

}  // namespace

void read_credential_sets(toml_table& top, fleet::scenario& into) {
    auto const count =
        for_each_table(top, "credential_set", [&](toml_table& table, std::size_t index) {
            into.credential_sets.resize(index + 1);
            auto& set = into.credential_sets[index];
            table.read("id", as_text, set.id, need::required);
            table.read("created", as_date, set.created);
            table.read("activated", as_date, set.activated);
            table.read("served", as_date, set.served);
            table.read("retired", as_date, set.retired);
            table.read("deleted", as_date, set.deleted);
            table.read("compromised", as_date, set.compromised);
        });
    into.credential_sets.resize(count);
}

void read_forced_updates(toml_table& top, fleet::scenario& into) {
    auto const count =
        for_each_table(top, "forced_update", [&](toml_table& table, std::size_t index) {
            into.forced_updates.resize(index + 1);
            auto& update = into.forced_updates[index];
            table.read("date", as_date, update.date, need::required);
            table.read("minimum", as_text, update.minimum, need::required);
            table.read("comply", as_share, update.comply);
        });
    into.forced_updates.resize(count);
}

void read_connections(toml_table& top, fleet::scenario& into) {
    with_table(top, "connections", need::optional, [&](toml_table& table) {
        std::uint64_t attempts = into.net.retry_attempts;
        table.read("propagation", as_duration, into.net.propagation);
        table.read("drop_live", as_flag, into.net.drop_live);
        table.read("session", as_duration, into.net.session);
        table.read("retry_attempts", as_count, attempts);
        table.read("retry_first", as_duration, into.net.retry_first);
        table.read("retry_longest", as_duration, into.net.retry_longest);
        into.net.retry_attempts = static_cast<unsigned>(
            std::min<std::uint64_t>(attempts, std::numeric_limits<unsigned>::max()));
    });
}

void read_promises(toml_table& top, fleet::scenario& into) {
    auto const* node = top.find("promises");
    if (node == nullptr) return;
    auto const* table = node->as_table();
    if (table == nullptr)
        return top.refuse("promises", *node,
                          wrong_kind("promises", "one table", *node, "write [promises]"));
    // A table is sorted by key; people expect the order of the file.
    std::vector<std::pair<toml::key const*, toml::node const*>> entries;
    for (auto&& [key, value] : *table) entries.emplace_back(&key, &value);
    std::sort(entries.begin(), entries.end(), [](auto const& a, auto const& b) {
        return a.first->source().begin < b.first->source().begin;
    });
    for (auto const& [key, value] : entries) {
        auto const path = fmt::format("promises[{}]", into.promises.size());
        top.state().where.add(path, place_of(key->source()));
        top.state().where.add(path + ".limit", place_of(value->source()));
        auto promise = as_promise(key->str(), *value);
        if (auto const* wrong = std::get_if<complaint>(&promise)) {
            // A part of a name is no metric; a broken limit leaves the name to be judged.
            auto const about = value->is_table() ? path : path + ".limit";
            top.state().refuse(about, place_of(value->source()), wrong->code, wrong->message,
                               wrong->help);
            into.promises.push_back({std::string(key->str()), {}, 0, {}});
        } else {
            into.promises.push_back(std::get<fleet::promise>(std::move(promise)));
        }
    }
}

}  // namespace cryptoperiod::input
