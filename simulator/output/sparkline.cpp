#include "sparkline.hpp"

#include <algorithm>

namespace cryptoperiod::output {

std::string sparkline(screen const& on, std::vector<std::uint64_t> const& series,
                      std::size_t columns) {
    std::size_t const width = std::min(columns, series.size());
    std::vector<double> means;
    for (std::size_t i = 0; i < width; ++i) {
        std::size_t const first = i * series.size() / width;
        std::size_t const last = (i + 1) * series.size() / width;
        std::uint64_t total = 0;
        for (std::size_t k = first; k < last; ++k) total += series[k];
        means.push_back(static_cast<double>(total) / static_cast<double>(last - first));
    }
    double const highest = means.empty() ? 0 : *std::max_element(means.begin(), means.end());
    auto const& levels = on.signs().levels;
    std::string line;
    for (double const mean : means) {
        auto const level = static_cast<std::size_t>(mean / highest * 7.999);
        line += mean > 0 ? levels[std::min(level, levels.size() - 1)] : " ";
    }
    return line;
}

}  // namespace cryptoperiod::output
