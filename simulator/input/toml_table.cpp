#include "toml_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cryptoperiod/core/suggest.hpp>

namespace cryptoperiod::input {
namespace {

constexpr std::string_view top_level_keys[] = {"format", "start", "horizon"};

std::string list_of(std::vector<std::string_view> const& names) {
    return fmt::format("known keys: {}", fmt::join(names, ", "));
}

}  // namespace

toml_table::toml_table(toml::table const& table, std::string path, std::string heading,
                       reading& state)
    : table_(table), path_(std::move(path)), heading_(std::move(heading)), state_(state) {}

std::string toml_table::path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

toml::node const* toml_table::find(std::string_view key, need how, std::string help) {
    auto const* node = table_.get(key);
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
    if (node != nullptr)
        state_.where.add(path_of(key), place_of(node->source()));
    else if (how == need::required)
        missing_.emplace_back(key, std::move(help));
    return node;
}

void toml_table::refuse(std::string_view key, toml::node const& node, complaint wrong) {
    state_.refuse(path_of(key), place_of(node.source()), wrong.code, std::move(wrong.message),
                  std::move(wrong.help));
}

void toml_table::finish() {
    auto const is_known = [&](std::string_view key) {
        return std::find(known_.begin(), known_.end(), key) != known_.end();
    };
    std::vector<std::string_view> absent;  // a misspelt key was meant to be one of these
    std::copy_if(known_.begin(), known_.end(), std::back_inserter(absent),
                 [&](std::string_view key) { return !table_.contains(key); });
    for (auto&& [key, node] : table_) {
        if (is_known(key.str())) continue;
        auto const meant = nearest(key.str(), absent);
        auto help = did_you_mean(key.str(), meant.empty() ? known_ : absent);
        bool const belongs_to_top =
            !path_.empty() && std::find(std::begin(top_level_keys), std::end(top_level_keys),
                                        key.str()) != std::end(top_level_keys);
        if (belongs_to_top)
            help = fmt::format("'{}' belongs to the top, above the first [table]", key.str());
        state_.out.add(place_of(key.source()), errc::unknown_name,
                       fmt::format("unknown key '{}' {}", key.str(),
                                   path_.empty() ? "at the top" : "in " + heading_),
                       help.empty() ? list_of(known_) : help);
        if (meant.empty()) continue;
        state_.unread.push_back(path_of(meant));
        std::erase_if(missing_, [&](auto const& one) { return one.first == meant; });
    }
    for (auto const& [key, help] : missing_)
        state_.refuse(path_of(key), path_.empty() ? place{} : place_of(table_.source()),
                      errc::missing,
                      path_.empty() ? fmt::format("'{}' is missing at the top", key)
                                    : fmt::format("'{}' is missing in {}", key, heading_),
                      help.empty() ? fmt::format("add it: {} = ...", key) : help);
}

}  // namespace cryptoperiod::input
