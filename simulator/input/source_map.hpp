/// @file source_map.hpp
/// Where in the files each value of a scenario stands: "credential_set[0].deleted" ->
/// file:line:col. Reports use it to point at the line that caused what they report.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source_text.hpp"
#include "utf8.hpp"

namespace cryptoperiod::input {

/// Paths of a scenario (see fleet::problem) and their places.
class source_map {
public:
    /// Names the file with the next index.
    void add_file(std::string name) { files_.push_back(std::move(name)); }
    void add(std::string path, place where) { places_[std::move(path)] = where; }

    /// The place of the value; of the nearest thing that contains it when it is not in the file;
    /// the file as a whole when nothing contains it.
    [[nodiscard]] place find(std::string_view path) const {
        while (!path.empty()) {
            if (auto const found = places_.find(path); found != places_.end()) return found->second;
            auto const joint = path.find_last_of(".[");
            path = path.substr(0, joint == std::string_view::npos ? 0 : joint);
        }
        return {};
    }

    /// "file:line:column", or "file" for the file as a whole. Control characters are escaped.
    [[nodiscard]] std::string locate(std::string_view path) const {
        auto const where = find(path);
        auto text = where.file < files_.size() ? printable(files_[where.file]) : std::string();
        if (where.line != 0)
            text += ':' + std::to_string(where.line) + ':' + std::to_string(where.column);
        return text;
    }

private:
    std::vector<std::string> files_;
    std::map<std::string, place, std::less<>> places_;
};

}  // namespace cryptoperiod::input
