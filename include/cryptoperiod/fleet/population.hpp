/// @file population.hpp
/// What is drawn for one device: its lasting type, its breaks, when it is offered and installs each
/// version, when it is opened. Every word comes from (device, purpose, block, call), so any device
/// can be drawn alone, on any engine.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/random.hpp>
#include <cryptoperiod/fleet/model.hpp>
#include <cstdint>
#include <vector>

namespace cryptoperiod::fleet {

/// The second counter word: which question the words answer.
enum class purpose : std::uint32_t {
    lifetime = 1,
    release = 2,
    open_count = 3,
    open_time = 4,
    comply = 5
};

/// One draw of `purpose`: `block` and `call` number the blocks and the calls of four words in it.
[[nodiscard]] constexpr philox_block draw(random_stream stream, std::uint32_t device, purpose what,
                                          std::uint32_t block, std::uint32_t call = 0) noexcept {
    return stream.words(device, static_cast<std::uint32_t>(what), block, call);
}

/// A span of time, [from, to).
struct span_ms {
    ms_t from = forever, to = forever;

    [[nodiscard]] constexpr bool contains(ms_t t) const noexcept { return from <= t && t < to; }
    [[nodiscard]] constexpr ms_t length() const noexcept { return to - from; }
};

/// What is settled about a device before anything happens.
struct device_traits {
    device_type type = device_type::prompt;
    std::uint32_t rank = 0;  ///< among all devices, from quickest to slowest; for measured shares
    span_ms asleep;          ///< its break; empty when it has none
};

/// Traits from the four words of purpose::lifetime.
[[nodiscard]] inline device_traits traits_of(model const& m, philox_block const& words) noexcept {
    device_traits traits;
    traits.rank = words[0];
    if (!m.updates.measured)
        traits.type = words[0] < m.updates.prompt_until    ? device_type::prompt
                      : words[0] < m.updates.laggard_until ? device_type::laggard
                                                           : device_type::never;
    if (words[1] < m.breaks.share) {
        q32 const log2_length = multiply_q32(exponential_q32(words[2]), m.breaks.inverse_tail);
        // Beyond 2^20 times the shortest break nothing changes: the horizon has long ended.
        std::uint64_t const ratio =
            exp2_q32(std::min(log2_length, q32{20} << 32U) + (q32{32} << 32U));
        auto const length =
            static_cast<ms_t>(multiply_q32(static_cast<std::uint64_t>(m.breaks.shortest), ratio));
        traits.asleep.from =
            static_cast<ms_t>(multiply_q32(static_cast<std::uint64_t>(m.horizon), words[3]));
        traits.asleep.to = traits.asleep.from + length;
    }
    return traits;
}

/// Releases after the first share calls of four words: (rollout, tick) of one, (rollout, tick) of
/// the next. The earliest release is on every device, so it needs none.
[[nodiscard]] constexpr std::uint32_t release_block(std::size_t release) noexcept {
    return static_cast<std::uint32_t>((release - 1) / 2);
}
[[nodiscard]] constexpr std::size_t rollout_word(std::size_t release) noexcept {
    return (release - 1) % 2 * 2;
}

/// When the device with this rollout word is offered the version; `forever` in a halted rollout.
[[nodiscard]] inline ms_t offer_time(model const& m, std::size_t release,
                                     std::uint32_t word) noexcept {
    for (auto const& stage : m.releases[release].stages)
        if (word < stage.until) return stage.at + m.updates.onset;
    return forever;
}

/// The gap to the next update opportunity for this Exp(1) variate.
[[nodiscard]] inline ms_t tick_delay(update_law const& law, device_type type, q32 e) noexcept {
    if (law.by_exponential.empty())
        return static_cast<ms_t>(
            multiply_q32(static_cast<std::uint64_t>(law.tau[static_cast<std::size_t>(type)]), e));
    auto const cells = static_cast<std::uint64_t>(law.by_exponential.size() - 1);
    std::uint64_t const x = e * cells / 23;
    auto const cell = static_cast<std::size_t>(x >> 32U);
    auto const low = law.by_exponential[cell], high = law.by_exponential[cell + 1];
    return low + static_cast<ms_t>(
                     multiply_q32(static_cast<std::uint64_t>(high - low), x & 0xFFFF'FFFFU));
}

/// The moment `delay` of waking time after `from`: the clock stands still during the break.
[[nodiscard]] constexpr ms_t awake_after(span_ms asleep, ms_t from, ms_t delay) noexcept {
    if (asleep.contains(from)) return asleep.to + delay;
    ms_t const t = from + delay;
    return from < asleep.from && t >= asleep.from ? t + asleep.length() : t;
}

/// When a device of this rank got `release`, by the measured shares; `forever` when it has not.
[[nodiscard]] inline ms_t measured_install(model const& m, std::size_t release,
                                           std::uint32_t rank) noexcept {
    measured_row const* before = nullptr;
    for (auto const& row : m.measured) {
        threshold const share = row.newer[release];
        if (rank < share) {
            ms_t at = row.at;
            if (before != nullptr) {
                auto const low = before->newer[release];
                at = before->at +
                     static_cast<ms_t>(static_cast<uint128>(rank - low) *
                                       static_cast<uint128>(row.at - before->at) / (share - low));
            }
            return std::max(at, m.releases[release].public_at);
        }
        before = &row;
    }
    return forever;
}

/// A version on a device from `at` on.
struct install {
    ms_t at = beginning;
    std::uint16_t release = 0;
};

/// The updates of one device, step by step: offers reach it, the first one arms its next
/// opportunity, and there it installs the newest version offered. By the memorylessness of the
/// Poisson clock this is the law of MODEL section 2, without the ticks that find nothing to
/// install.
class update_clock {
public:
    explicit update_clock(model const& m) : m_(m), offers_(m.releases.size()) {}

    /// `word(release, which)` gives the rollout (0) and tick (1) word of a release.
    template <class Word>
    void start(device_traits const& traits, Word const& word) {
        type_ = traits.type;
        asleep_ = traits.asleep;
        count_ = next_ = 0;
        installed_ = newest_ = 0;
        tick_ = forever;
        for (std::size_t r = 1; r < offers_.size(); ++r) {
            if (m_.updates.measured) {
                add({measured_install(m_, r, traits.rank), static_cast<std::uint16_t>(r), 0});
            } else {
                ms_t const at = offer_time(m_, r, word(r, 0));
                add({at, static_cast<std::uint16_t>(r), word(r, 1)});
            }
        }
    }
    /// The moment of the next offer or tick; `forever` when there is none.
    [[nodiscard]] ms_t next() const noexcept { return std::min(offer(), tick_); }

    /// Does what happens at next(). Returns whether the installed version changed.
    bool step() {
        if (offer() <= tick_) {  // an offer comes before a tick of the same moment
            auto const& o = offers_[next_++];
            newest_ = std::max(newest_, o.release);
            if (m_.updates.measured) return install_newest();
            if (o.release > installed_ && tick_ == forever && type_ != device_type::never)
                tick_ = awake_after(asleep_, o.at,
                                    tick_delay(m_.updates, type_, exponential_q32(o.tick)));
            return false;
        }
        tick_ = forever;
        return install_newest();
    }
    /// The device is made to install `release` now (a forced update).
    void force(std::uint16_t release) noexcept { installed_ = std::max(installed_, release); }

    [[nodiscard]] std::uint16_t installed() const noexcept { return installed_; }

private:
    struct offered {
        ms_t at = forever;
        std::uint16_t release = 0;
        std::uint32_t tick = 0;
    };
    void add(offered const& o) noexcept {  // in order of (time, release); nearly sorted already
        if (o.at >= m_.horizon) return;
        std::size_t at = count_++;
        for (; at > 0 && o.at < offers_[at - 1].at; --at) offers_[at] = offers_[at - 1];
        offers_[at] = o;
    }
    [[nodiscard]] ms_t offer() const noexcept {
        return next_ < count_ ? offers_[next_].at : forever;
    }
    bool install_newest() noexcept {
        if (newest_ <= installed_) return false;
        installed_ = newest_;
        return true;
    }

    model const& m_;
    std::vector<offered> offers_;  // room for all releases; count_ of them are in use
    std::size_t count_ = 0, next_ = 0;
    ms_t tick_ = forever;
    span_ms asleep_;
    device_type type_ = device_type::prompt;
    std::uint16_t installed_ = 0, newest_ = 0;
};

/// One open of an app.
struct open {
    ms_t at = 0;
    std::uint32_t block = 0, word = 0;

    friend constexpr auto operator<=>(open const&, open const&) = default;
};

/// The opens of a device in one block, ascending, breaks left out, appended to `out`.
inline void draw_opens(model const& m, random_stream stream, std::uint32_t device, span_ms asleep,
                       std::uint32_t block, std::vector<open>& out) {
    auto const& law = m.opens;
    std::uint32_t const count =
        law.counts_of(block)(draw(stream, device, purpose::open_count, block / 4)[block % 4]);
    std::uint32_t const length = law.days_of(block);
    ms_t const start = law.start_of(block);
    auto const first = static_cast<std::ptrdiff_t>(out.size());
    for (std::uint32_t call = 0; call * 4 < count; ++call) {
        auto const words = draw(stream, device, purpose::open_time, block, call);
        for (std::uint32_t w = 0; w < 4 && call * 4 + w < count; ++w) {
            ms_t const at = start + law.offset(words[w], length);
            if (!asleep.contains(at)) out.push_back({at, block, words[w]});
        }
    }
    std::sort(out.begin() + first, out.end());
}

/// Does the device comply with a forced update at this open?
[[nodiscard]] inline bool complies(random_stream stream, std::uint32_t device, open const& o,
                                   threshold comply) noexcept {
    return draw(stream, device, purpose::comply, o.block, o.word)[0] < comply;
}

/// The forced update in force at `now` that asks for the newest version, or nullptr.
[[nodiscard]] inline model_force const* force_at(model const& m, ms_t now) noexcept {
    model_force const* strictest = nullptr;
    for (auto const& f : m.forces)
        if (f.at <= now && (strictest == nullptr || f.minimum >= strictest->minimum))
            strictest = &f;
    return strictest;
}

}  // namespace cryptoperiod::fleet
