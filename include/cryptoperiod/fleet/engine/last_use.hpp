/// @file last_use.hpp
/// When each device presents a credential set for the last time, without simulating the rest: the
/// opens of the block in which the device leaves the set, and of the blocks before it only while
/// nothing is found. The same words as the engines, so the same last use to the millisecond (but
/// for the one word 2^32 - 1 of a whole block, which is passed over).
#pragma once

#include <array>
#include <cryptoperiod/fleet/engine/devices.hpp>
#include <vector>

namespace cryptoperiod::fleet {

/// Counts of devices by the day of their last use. A device is in bin k when it uses the set on or
/// after k of the curve's deletion moments (midnight + propagation).
struct last_use_counts {
    explicit last_use_counts(model const& m) : leaving(m.days + 1), holding(m.days + 1) {}

    std::vector<std::uint64_t> leaving;  ///< of devices that have left the set by the end
    std::vector<std::uint64_t> holding;  ///< of devices that hold it at the end
    std::uint64_t stuck = 0;             ///< of those that hold it: the ones that never leave it

    void add(last_use_counts const& other) noexcept {
        for (std::size_t i = 0; i < leaving.size(); ++i) {
            leaving[i] += other.leaving[i];
            holding[i] += other.holding[i];
        }
        stuck += other.stuck;
    }
};

/// One thread's share of the question.
class last_use_engine {
public:
    last_use_engine(model const& m, random_stream stream, isa set, credentials::set_index watched)
        : m_(m),
          stream_(stream),
          kernel_(engine::kernel_for(set)),
          watched_(watched),
          table_(m),
          group_(m, stream, kernel_),
          unused_(m),
          walk_(m, stream, kernel_, unused_),
          out_(m) {}

    void run(std::uint32_t first, std::uint32_t last) {
        for (std::uint64_t d = first; d < last; d += device_group::size)
            run_group(static_cast<std::uint32_t>(d),
                      static_cast<std::uint32_t>(std::min<std::uint64_t>(16, last - d)));
    }
    [[nodiscard]] last_use_counts const& counted() const noexcept { return out_; }

private:
    /// The search of one device, backward in time: the spans in which it presents the set, the last
    /// one first, and in it block by block.
    struct search {
        std::vector<span_ms> spans;  ///< ascending
        last_use use;
        std::uint32_t block = 0;
        bool over = true;
    };
    /// The words of a block that lie in a span: [low, low + width).
    struct word_range {
        std::uint32_t low = 0, width = 0;
    };

    /// The first block of all sixteen searches at once, a lane each; it holds the answer of nearly
    /// all. The others go on alone.
    void run_group(std::uint32_t first, std::uint32_t members) {
        group_.draw(first);
        for (std::uint32_t i = 0; i < device_group::size; ++i) {
            opens_[i] = 0;
            if (i >= members) continue;
            prepare(first, i);
            auto const& s = searches_[i];
            if (s.over) continue;
            auto const range = words_of(s);
            block_[i] = s.block;
            opens_[i] = m_.opens.counts_of(s.block)(group_.count_words(s.block)[i]);
            low_[i] = range.low;
            width_[i] = range.width;
        }
        kernel_.latest(keys_, first, block_, opens_, low_, width_, found_);
        for (std::uint32_t i = 0; i < members; ++i) {
            auto& s = searches_[i];
            if (!s.over) take(s, low_[i], found_[i]);
            while (!s.over) search_block(first + i, i);
            count(s.use);
        }
    }

    void prepare(std::uint32_t first, std::uint32_t member) {
        auto& s = searches_[member];
        s.spans.clear();
        s.over = true;
        auto const traits = group_.traits(member);
        group_.settle_updates(member, traits, path_);
        if (table_.entangled_from(path_) != forever) {
            s.use = walk_.run(first + member, traits, group_.words_of(member), 0, watched_).use;
            return;
        }
        s.use = {};
        s.use.holds_at_end = m_.releases[path_.back().release].set == watched_;
        s.use.leaves = !s.use.holds_at_end || may_leave(m_, traits.type, group_.words_of(member),
                                                        path_.back().release, watched_);
        for (std::size_t i = 0; i < path_.size(); ++i) {
            if (m_.releases[path_[i].release].set != watched_) continue;
            ms_t const from = std::max<ms_t>(0, path_[i].at);
            ms_t const to = i + 1 < path_.size() ? path_[i + 1].at : m_.horizon;
            add_span(s, {from, std::min(to, traits.asleep.from)});
            add_span(s, {std::max(from, traits.asleep.to), to});
        }
        next_span(s);
    }
    static void add_span(search& s, span_ms span) {
        if (span.from < span.to) s.spans.push_back(span);
    }
    void next_span(search& s) const {
        s.over = s.spans.empty();
        if (!s.over) s.block = m_.opens.block_of(s.spans.back().to - 1);
    }
    [[nodiscard]] word_range words_of(search const& s) const {
        auto const& law = m_.opens;
        ms_t const start = law.start_of(s.block);
        std::uint32_t const length = law.days_of(s.block);
        auto const& span = s.spans.back();
        auto const low = law.first_word_at(span.from - start, length);
        auto const high = span.to - start >= ms_t{length} * ms_per_day
                              ? certain
                              : std::min(certain, law.first_word_at(span.to - start, length));
        if (low >= high) return {};
        return {static_cast<std::uint32_t>(low),
                static_cast<std::uint32_t>(std::min(high - low, certain - 1))};
    }
    /// Takes what was found in the block: 1 + the largest word less `low`, or 0 for nothing.
    void take(search& s, std::uint32_t low, std::uint32_t found) const {
        auto const& law = m_.opens;
        if (found > 0) {
            s.use.at = law.start_of(s.block) + law.offset(low + found - 1, law.days_of(s.block));
            s.over = true;
        } else if (s.block > law.block_of(s.spans.back().from)) {
            --s.block;
        } else {
            s.spans.pop_back();
            next_span(s);
        }
    }
    void search_block(std::uint32_t device, std::uint32_t member) {
        auto& s = searches_[member];
        auto const range = words_of(s);
        std::uint32_t const opens =
            m_.opens.counts_of(s.block)(group_.count_words(s.block)[member]);
        std::uint32_t found = 0;
        for (std::uint32_t n = 0; n < opens; n += 4) {
            auto const words = philox({device, engine::open_time_purpose, s.block, n / 4}, keys_);
            for (std::uint32_t w = 0; w < std::min(4U, opens - n); ++w)
                if (words[w] - range.low < range.width)
                    found = std::max(found, words[w] - range.low + 1);
        }
        take(s, range.low, found);
    }
    void count(last_use const& use) {
        ms_t const after = use.at - m_.propagation;
        auto const bin =
            use.at == beginning || after < 0
                ? std::size_t{0}
                : std::min<std::size_t>(m_.days, static_cast<std::size_t>(after / ms_per_day) + 1);
        ++(use.holds_at_end ? out_.holding : out_.leaving)[bin];
        if (use.holds_at_end && !use.leaves) ++out_.stuck;
    }

    model const& m_;
    random_stream stream_;
    philox_keys keys_ = round_keys(stream_.seed);
    engine::kernel const& kernel_;
    credentials::set_index watched_;
    era_table table_;
    device_group group_;
    counters unused_;
    device_walk walk_;
    last_use_counts out_;
    std::array<search, device_group::size> searches_{};
    std::uint32_t block_[16]{}, opens_[16]{}, low_[16]{}, width_[16]{}, found_[16]{};
    install_list path_ = table_.make_path();
};

}  // namespace cryptoperiod::fleet
