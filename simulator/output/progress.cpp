#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "standard_output.hpp"
#include "text.hpp"

namespace cryptoperiod::output {
namespace {

constexpr auto between_draws = std::chrono::milliseconds{100};

std::string seconds_text(double seconds) {
    if (seconds < 100) return fmt::format("{:.1f} s", seconds);
    return fmt::format("{:.0f} min", seconds / 60);
}

}  // namespace

std::function<void(double)> progress_line::watch(std::string label, std::vector<double> weights) {
    if (!shown_) return {};
    label_ = std::move(label);
    weights_ = std::move(weights);
    part_ = 0;
    last_ = 0;
    started_ = drawn_at_ = clock::now();
    return [this](double done) { tell(done); };
}

void progress_line::tell(double done) {
    if (done < last_ && part_ + 1 < weights_.size()) ++part_;
    last_ = done;
    auto const now = clock::now();
    if (now - drawn_at_ < between_draws) return;
    drawn_at_ = now;
    auto const part = weights_.begin() + static_cast<std::ptrdiff_t>(part_);
    double const all = std::accumulate(weights_.begin(), weights_.end(), 0.0);
    double const before = std::accumulate(weights_.begin(), part, 0.0);
    double const share = std::clamp((before + *part * done) / all, 0.0, 1.0);
    double const elapsed = std::chrono::duration<double>(now - started_).count();
    auto line = fmt::format("  {} {:3.0f} %  {}", label_, share * 100, seconds_text(elapsed));
    if (share > 0.02) line += fmt::format(", {} left", seconds_text(elapsed * (1 - share) / share));
    line.resize(std::min(line.size(), on_.columns - 1));
    write_error(on_.movable ? fmt::format("\r{}\x1b[K", line)
                            : fmt::format("\r{}", left(line, on_.columns - 1)));
    drawn_ = true;
}

void progress_line::erase() {
    if (!drawn_) return;
    write_error(on_.movable ? std::string("\r\x1b[K")
                            : fmt::format("\r{}\r", std::string(on_.columns - 1, ' ')));
    drawn_ = false;
}

}  // namespace cryptoperiod::output
