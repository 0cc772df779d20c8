/// @file suggest.hpp
/// What a misspelt name was meant to be: the known name with the smallest edit distance.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cryptoperiod {

/// Longest word that suggestions are looked for, in bytes: the work grows with its square.
inline constexpr std::size_t suggestion_bytes_max = 64;

/// How many insertions, deletions and replacements of bytes make `b` of `a` (Levenshtein).
[[nodiscard]] inline std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i != a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j != b.size(); ++j) {
            std::size_t const above = row[j + 1];
            row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] != b[j] ? 1U : 0U)});
            diagonal = above;
        }
    }
    return row.back();
}

/// The candidate nearest to `word`: at most a third of the letters differ (one of a short word);
/// the first of several equally near. Empty when none is near.
[[nodiscard]] inline std::string_view nearest(std::string_view word,
                                              std::span<std::string_view const> candidates) {
    std::string_view best;
    if (word.size() > suggestion_bytes_max) return best;
    std::size_t limit = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (std::string_view const candidate : candidates) {
        std::size_t const shorter = std::min(word.size(), candidate.size());
        std::size_t const longer = std::max(word.size(), candidate.size());
        if (shorter == 0 || longer - shorter >= limit) continue;
        if (auto const distance = edit_distance(word, candidate); distance < limit) {
            limit = distance;
            best = candidate;
        }
    }
    return best;
}

/// "did you mean 'devices'?", or an empty text when no candidate is near.
[[nodiscard]] inline std::string did_you_mean(std::string_view word,
                                              std::span<std::string_view const> candidates) {
    auto const best = nearest(word, candidates);
    return best.empty() ? std::string() : "did you mean '" + std::string(best) + "'?";
}

}  // namespace cryptoperiod
