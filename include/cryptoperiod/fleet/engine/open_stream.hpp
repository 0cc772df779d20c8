/// @file open_stream.hpp
/// The opens of one device in order of time, drawn some blocks ahead with the vector kernels. The
/// same opens as draw_opens, many times faster.
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/fleet/engine/kernel.hpp>
#include <cryptoperiod/fleet/population.hpp>
#include <memory>
#include <vector>

namespace cryptoperiod::fleet {

/// Sorts `count` uniform words: each goes to about its place, then neighbours change places. Two
/// places a word leave few neighbours to change.
inline void sort_uniform(std::uint32_t const* words, std::uint32_t count, std::uint32_t* sorted,
                         std::vector<std::uint32_t>& starts) {
    std::uint32_t const places = 2 * count;
    starts.assign(std::size_t{places} + 1, 0);
    for (std::uint32_t i = 0; i < count; ++i) ++starts[scale_word(words[i], places) + 1U];
    for (std::uint32_t i = 1; i < places; ++i) starts[i] += starts[i - 1];
    for (std::uint32_t i = 0; i < count; ++i)
        sorted[starts[scale_word(words[i], places)]++] = words[i];
    for (std::uint32_t i = 1; i < count; ++i) {
        std::uint32_t const word = sorted[i];
        std::uint32_t at = i;
        for (; at > 0 && sorted[at - 1] > word; --at) sorted[at] = sorted[at - 1];
        sorted[at] = word;
    }
}

class open_stream {
public:
    open_stream(model const& m, random_stream stream, engine::kernel const& kernel)
        : m_(m),
          stream_(stream),
          kernel_(kernel),
          calls_(std::make_unique<engine::call_buffer>()) {}

    /// Begins with the first open of `device` in block `from_block`.
    void start(std::uint32_t device, span_ms asleep, std::uint32_t from_block) {
        device_ = device;
        asleep_ = asleep;
        block_ = from_block;
        opens_.clear();
        next_ = 0;
        advance();
    }
    /// The moment of the next open; `forever` after the last one.
    [[nodiscard]] ms_t at() const noexcept { return at_; }
    /// The next open; at() must not be `forever`.
    [[nodiscard]] open const& get() const noexcept { return opens_[next_]; }
    void pop() {
        ++next_;
        advance();
    }

private:
    static constexpr std::uint32_t calls_ahead = 64;

    void advance() {
        while (next_ == opens_.size()) {
            if (block_ == m_.opens.blocks) {
                at_ = forever;
                return;
            }
            draw_ahead();
        }
        at_ = opens_[next_].at;
    }
    struct drawn {
        std::uint32_t block, first, opens;
    };
    void draw_ahead() {
        opens_.clear();
        next_ = 0;
        calls_->size = 0;
        blocks_.clear();
        while (block_ < m_.opens.blocks && calls_->size < calls_ahead) {
            if (block_ % 4 == 0 || blocks_.empty())
                counts_ = draw(stream_, device_, purpose::open_count, block_ / 4);
            std::uint32_t const opens = m_.opens.counts_of(block_)(counts_[block_ % 4]);
            blocks_.push_back({block_, calls_->size, opens});
            kernel_.pack(*calls_, device_, block_, opens);
            ++block_;
        }
        kernel_.draw_calls(*calls_, keys_);
        for (auto const& b : blocks_) append(b);
    }
    void append(drawn const& b) {
        words_.resize(b.opens);
        sorted_.resize(b.opens);
        for (std::uint32_t n = 0; n < b.opens; ++n)
            words_[n] = calls_->word[n % 4][b.first + n / 4];
        sort_uniform(words_.data(), b.opens, sorted_.data(), starts_);
        ms_t const start = m_.opens.start_of(b.block);
        std::uint32_t const length = m_.opens.days_of(b.block);
        for (std::uint32_t const word : sorted_) {
            ms_t const at = start + m_.opens.offset(word, length);
            if (!asleep_.contains(at)) opens_.push_back({at, b.block, word});
        }
    }

    model const& m_;
    random_stream stream_;
    philox_keys keys_ = round_keys(stream_.seed);
    engine::kernel const& kernel_;
    std::unique_ptr<engine::call_buffer> calls_;
    std::uint32_t device_ = 0, block_ = 0;
    span_ms asleep_;
    philox_block counts_{};
    std::vector<drawn> blocks_;
    std::vector<std::uint32_t> words_, sorted_, starts_;
    std::vector<open> opens_;
    std::size_t next_ = 0;
    ms_t at_ = forever;
};

}  // namespace cryptoperiod::fleet
