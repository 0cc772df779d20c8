/// @file reading.hpp
/// What accumulates while files are read: errors, places, and the values that could not be read.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "diagnostics.hpp"
#include "source_map.hpp"

namespace cryptoperiod::input {

/// The state of one reading of a scenario and the files it names.
struct reading {
    diagnostics out;
    source_map where;
    std::vector<std::string> unread;  ///< paths; what rests on them is not judged

    /// Notes an error at a place of its own and that the value at `path` is therefore unknown.
    void refuse(std::string path, place at, errc code, std::string message, std::string help) {
        out.add(at, code, std::move(message), std::move(help));
        unread.push_back(std::move(path));
    }

    /// Makes a file known to errors and places alike.
    std::size_t add_file(source_text text) {
        where.add_file(text.name());
        return out.add_source(std::move(text));
    }
};

}  // namespace cryptoperiod::input
