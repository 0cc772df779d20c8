#include <fmt/format.h>

#include <array>
#include <cryptoperiod/core/suggest.hpp>
#include <optional>

#include "sections.hpp"

namespace cryptoperiod::input {
namespace {

/// The index of the value among `choices`; an error when it is none of them.
std::optional<std::size_t> read_choice(toml_table& table, std::string_view key,
                                       std::span<std::string_view const> choices) {
    std::string word;
    if (!table.read(key, as_text, word)) return std::nullopt;
    for (std::size_t i = 0; i != choices.size(); ++i)
        if (choices[i] == word) return i;
    auto help = did_you_mean(word, choices);
    table.refuse(key, *table.find(key),
                 {errc::unknown_name, fmt::format("'{}' cannot be '{}'", key, word),
                  help.empty() ? fmt::format("choices: {}", fmt::join(choices, ", ")) : help});
    return std::nullopt;
}

void read_stages(toml_table& release, toml::array const& list, fleet::rollout& into) {
    auto const path = release.path_of("rollout");
    for (std::size_t i = 0; i != list.size(); ++i) {
        auto const& item = *list.get(i);
        auto const stage_path = fmt::format("{}[{}]", path, i);
        auto const at = place_of(item.source());
        release.state().where.add(stage_path, at);
        auto const* table = item.as_table();
        if (table == nullptr) {
            auto wrong = wrong_kind("rollout", "an array of stages", item,
                                    "a stage is { after = \"1d\", share = \"10 %\" }");
            release.state().refuse(stage_path, at, wrong.code, wrong.message, wrong.help);
        }
        auto& stage = into.emplace_back();
        if (table == nullptr) continue;
        toml_table entry(*table, stage_path, "a rollout stage", release.state());
        entry.read("after", as_duration, stage.after, need::required);
        entry.read("share", as_share, stage.share, need::required);
        entry.finish();
    }
}

void read_rollout(toml_table& release, fleet::rollout& into) {
    auto const* node = release.find("rollout");
    if (node == nullptr) return;
    if (auto const* list = node->as_array()) {
        read_stages(release, *list, into);
        if (list->empty())
            release.refuse("rollout", *node,
                           {errc::missing, "the rollout has no stage",
                            "leave it out to offer the release to everyone at once"});
        return;
    }
    if (!node->is_string())
        return release.refuse("rollout", *node,
                              wrong_kind("rollout", "a schedule or an array of stages", *node));
    constexpr std::array<std::string_view, 3> schedules{"immediate", "app_store_phased",
                                                        "play_staged"};
    auto const choice = read_choice(release, "rollout", schedules);
    if (choice == 1) into = fleet::app_store_phased();
    if (choice == 2) into = fleet::play_staged();
}

/// The one set that the package of the release contains.
void read_embedded(toml_table& release, credentials::embedded& into) {
    auto const* node = release.find("credentials", need::required,
                                    "name the embedded set: credentials = [\"k1\"]");
    if (node == nullptr) return;
    auto const* list = node->as_array();
    if (list == nullptr)
        return release.refuse(
            "credentials", *node,
            wrong_kind("credentials", "an array", *node, "write it like [\"k1\"]"));
    if (list->size() != 1)
        return release.refuse(
            "credentials", *node,
            {errc::out_of_range, fmt::format("a release embeds one set, not {}", list->size()),
             "write it like [\"k1\"]"});
    auto id = as_text("credentials", *list->get(0));
    if (auto const* wrong = std::get_if<complaint>(&id))
        return release.refuse("credentials", *list->get(0), *wrong);
    into.credential_set = std::get<std::string>(std::move(id));
    release.state().where.add(release.path_of("credentials"), place_of(list->get(0)->source()));
}

void read_delivery(toml_table& release, credentials::delivery& into) {
    constexpr std::array<std::string_view, 2> ways{"embedded", "served"};
    bool const is_named = release.find("delivery") != nullptr;
    auto const way = read_choice(release, "delivery", ways);
    auto const* cache = release.find("cache");
    if (is_named && !way) {  // what the others mean is not known
        release.find("credentials");
        release.state().unread.push_back(release.path_of("credentials"));
        return;
    }
    if (way != 1) {
        credentials::embedded embedded;
        read_embedded(release, embedded);
        into = embedded;
        if (cache != nullptr)
            release.refuse("cache", *cache,
                           {errc::inconsistent, "an embedded set has no cache",
                            "remove it, or write delivery = \"served\""});
        return;
    }
    credentials::served served;
    release.read("cache", as_duration, served.cache);
    into = served;
    if (auto const* node = release.find("credentials"))
        release.refuse("credentials", *node,
                       {errc::inconsistent, "a served release embeds no credential set",
                        "remove it; the server hands out the set with the latest served date"});
}

void read_release(toml_table& table, fleet::release& into) {
    constexpr std::array<std::string_view, 3> policies{"stop", "retry", "loop"};
    table.read("version", as_text, into.version, need::required);
    table.read("date", as_date, into.date, need::required);
    table.read("review", as_duration, into.review);
    read_rollout(table, into.stages);
    read_delivery(table, into.delivery);
    if (auto const policy = read_choice(table, "on_reject", policies))
        into.on_reject = static_cast<fleet::reject_policy>(*policy);
}

}  // namespace

void read_releases(toml_table& top, fleet::scenario& into) {
    auto const count = for_each_table(top, "release", [&](toml_table& table, std::size_t index) {
        into.releases.resize(index + 1);
        read_release(table, into.releases[index]);
    });
    into.releases.resize(count);
}

}  // namespace cryptoperiod::input
