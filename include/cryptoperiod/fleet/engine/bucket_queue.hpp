/// @file bucket_queue.hpp
/// A calendar queue for discrete events: a ring of buckets, each sorted when its turn comes. Events
/// are 16 bytes of plain data in the total order (time, device, kind).
#pragma once

#include <algorithm>
#include <bit>
#include <cryptoperiod/core/assert.hpp>
#include <cstdint>
#include <vector>

namespace cryptoperiod::fleet {

/// One event. `kind` may carry a payload in its low bits; the order compares it as a number.
struct event {
    std::int64_t time = 0;
    std::uint32_t device = 0, kind = 0;

    friend constexpr bool operator==(event const&, event const&) = default;
    friend constexpr bool operator<(event const& a, event const& b) noexcept {
        if (a.time != b.time) return a.time < b.time;
        return (std::uint64_t{a.device} << 32U | a.kind) <
               (std::uint64_t{b.device} << 32U | b.kind);
    }
};
static_assert(sizeof(event) == 16);

/// Pops events in order. An event may be pushed at or after the time of the last one popped, never
/// before it. Events beyond the ring's span wait in an overflow list and come into the ring as it
/// turns.
class bucket_queue {
public:
    /// `expected` events at once, spread over `span` units of time (the usual distance from now to
    /// the event pushed).
    bucket_queue(std::size_t expected, std::int64_t span, std::int64_t start = 0) {
        auto const buckets = std::bit_ceil(std::max<std::size_t>(64, expected / per_bucket));
        auto const width = std::max<std::int64_t>(1, span / static_cast<std::int64_t>(buckets));
        shift_ = static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(width)) - 1);
        // A power of two of time for each bucket: the ring must still cover the span.
        auto const needed = static_cast<std::size_t>(span >> shift_) + 2;
        head_.assign(std::bit_ceil(needed), none);
        pool_.reserve(expected / chunk_events + head_.size() / 4);
        current_ = start >> shift_;
    }

    void push(event const& e) {
        ++size_;
        std::int64_t const bucket = e.time >> shift_;
        if (bucket <= current_) return insert_now(e);
        if (bucket - current_ >= static_cast<std::int64_t>(head_.size())) {
            later_.push_back(e);
            later_from_ = std::min(later_from_, bucket);
            return;
        }
        put(bucket, e);
    }
    /// Takes the first event into `e`; false when the queue is empty.
    bool pop(event& e) {
        if (next_ == active_.size() && !turn()) return false;
        e = active_[next_++];
        --size_;
        return true;
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    static constexpr std::uint32_t chunk_events = 14, none = 0xFFFF'FFFFU;
    static constexpr std::size_t per_bucket = 8;
    struct chunk {
        event events[chunk_events];
        std::uint32_t count = 0, next = none;
        std::uint64_t unused = 0;
    };

    [[nodiscard]] std::uint32_t& head(std::int64_t bucket) noexcept {
        return head_[static_cast<std::size_t>(bucket) & (head_.size() - 1)];
    }
    void insert_now(event const& e) {
        auto const from = active_.begin() + static_cast<std::ptrdiff_t>(next_);
        CRYPTOPERIOD_ASSERT(next_ == 0 || !(e < active_[next_ - 1]));
        active_.insert(std::upper_bound(from, active_.end(), e), e);
    }
    void put(std::int64_t bucket, event const& e) {
        std::uint32_t& first = head(bucket);
        if (first == none || pool_[first].count == chunk_events) {
            std::uint32_t fresh = free_;
            if (fresh != none) {
                free_ = pool_[fresh].next;
            } else {
                fresh = static_cast<std::uint32_t>(pool_.size());
                pool_.emplace_back();
            }
            pool_[fresh].count = 0;
            pool_[fresh].next = first;
            first = fresh;
        }
        chunk& c = pool_[first];
        c.events[c.count++] = e;
    }
    /// Goes to the next bucket that holds something and sorts it.
    bool turn() {
        active_.clear();
        next_ = 0;
        if (size_ == 0) return false;
        while (active_.empty()) {
            if (size_ == later_.size()) current_ = later_from_ - 1;  // nothing but far ones
            ++current_;
            // Half a ring ahead, so that the list is read once in half a turn and not at each step.
            if (later_from_ - current_ < static_cast<std::int64_t>(head_.size() / 2)) take_later();
            gather();
        }
        if (active_.size() > 1) std::sort(active_.begin(), active_.end());
        return true;
    }
    void gather() {
        std::uint32_t& first = head(current_);
        for (std::uint32_t c = first; c != none;) {
            chunk& from = pool_[c];
            active_.insert(active_.end(), from.events, from.events + from.count);
            std::uint32_t const following = from.next;
            from.next = free_;
            free_ = c;
            c = following;
        }
        first = none;
    }
    void take_later() {
        std::vector<event> waiting;
        waiting.swap(later_);
        later_from_ = far;
        for (auto const& e : waiting) {
            std::int64_t const bucket = e.time >> shift_;
            if (bucket - current_ < static_cast<std::int64_t>(head_.size())) {
                put(bucket, e);
            } else {
                later_.push_back(e);
                later_from_ = std::min(later_from_, bucket);
            }
        }
    }

    static constexpr std::int64_t far = INT64_MAX / 2;
    unsigned shift_ = 0;
    std::vector<std::uint32_t> head_;
    std::vector<chunk> pool_;
    std::vector<event> active_, later_;
    std::int64_t current_ = 0, later_from_ = far;
    std::size_t next_ = 0, size_ = 0;
    std::uint32_t free_ = none;
};

}  // namespace cryptoperiod::fleet
