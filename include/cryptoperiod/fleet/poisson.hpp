/// @file poisson.hpp
/// Poisson numbers by inversion of one uniform word, from a table made in integers: the same
/// numbers on every compiler.
#pragma once

#include <array>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/fixed.hpp>
#include <cstdint>
#include <vector>

namespace cryptoperiod::fleet {

/// Poisson(mean) with mean = `numerator` / 10^6.
class poisson_table {
public:
    poisson_table() : poisson_table(0) {}

    explicit poisson_table(std::uint64_t mean_millionths) {
        // Unnormalised probabilities outward from the mode, then their sums, scaled to 2^32.
        std::uint64_t const mode = mean_millionths / 1'000'000;
        std::vector<std::uint64_t> down{mode_weight}, up;
        for (std::uint64_t k = mode; k > 0 && down.back() > 0; --k)  // p(k-1) = p(k) k / mean
            down.push_back(scaled(down.back(), k * 1'000'000, mean_millionths));
        for (std::uint64_t w = mode_weight, k = mode + 1; w > 0; ++k) {
            w = scaled(w, mean_millionths, k * 1'000'000);  // p(k) = p(k-1) mean / k
            if (w > 0) up.push_back(w);
        }
        first_ = static_cast<std::uint32_t>(mode + 1 - down.size());
        std::vector<std::uint64_t> weights(down.rbegin(), down.rend());
        weights.insert(weights.end(), up.begin(), up.end());
        uint128 total = 0, sum = 0;
        for (auto const w : weights) total += w;
        for (auto const w : weights) {
            sum += w;
            until_.push_back(static_cast<std::uint64_t>((sum << 32U) / total));
        }
        until_.back() = std::uint64_t{1} << 32U;
        std::uint16_t k = 0;
        for (std::uint32_t cell = 0; cell < guide_.size(); ++cell) {
            while (until_[k] <= std::uint64_t{cell} << guide_shift) ++k;
            guide_[cell] = k;
        }
    }

    /// The number that belongs to `word`.
    [[nodiscard]] std::uint32_t operator()(std::uint32_t word) const noexcept {
        std::uint32_t k = guide_[word >> guide_shift];
        k += word >= until_[k];  // most cells hold one border at most: no branch to guess
        while (word >= until_[k]) ++k;
        return first_ + k;
    }

    /// The largest number it can return.
    [[nodiscard]] std::uint32_t largest() const noexcept {
        return first_ + static_cast<std::uint32_t>(until_.size()) - 1;
    }

private:
    static constexpr std::uint64_t mode_weight = std::uint64_t{1} << 60U;
    static constexpr unsigned guide_shift = 22;

    static std::uint64_t scaled(std::uint64_t w, std::uint64_t by, std::uint64_t over) {
        return over == 0 ? 0 : static_cast<std::uint64_t>(static_cast<uint128>(w) * by / over);
    }

    std::uint32_t first_ = 0;
    std::vector<std::uint64_t> until_;  // word < until_[k]  =>  number <= first_ + k; the last 2^32
    std::array<std::uint16_t, 1U << (32 - guide_shift)> guide_{};
};

}  // namespace cryptoperiod::fleet
