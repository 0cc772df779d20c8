/// @file walk.hpp
/// One device, alone, in order of time: for devices whose opens depend on each other (forced
/// updates, retries, cached sets, dropped connections). What it needs of other devices is nothing,
/// so it needs no queue.
#pragma once

#include <algorithm>
#include <cryptoperiod/fleet/counters.hpp>
#include <cryptoperiod/fleet/engine/open_stream.hpp>
#include <cryptoperiod/fleet/population.hpp>
#include <functional>
#include <vector>

namespace cryptoperiod::fleet {

/// What one device did with the credential set that somebody asked about.
struct last_use {
    ms_t at = beginning;        ///< the last time it presented the set; `beginning`: never
    bool holds_at_end = false;  ///< it would present the set again after the horizon
    bool leaves = true;         ///< it may still come to present another one
};

/// May a device that has `version` at the end of the horizon still leave the set it presents? By a
/// newer version that is offered to it, by a forced update, or because its server hands out
/// another.
template <class Word>
[[nodiscard]] bool may_leave(model const& m, device_type type, Word const& word,
                             std::size_t version, credentials::set_index watched) {
    auto const frees = [&](std::size_t release) {
        auto const& r = m.releases[release];
        return (r.served ? m.served_at(m.horizon) : r.set) != watched;
    };
    if (m.releases[version].served && frees(version)) return true;
    auto const* force = force_at(m, m.horizon);
    if (force != nullptr && version < force->minimum && frees(m.newest_public(forever)))
        return true;
    for (std::size_t r = version + 1; r < m.releases.size(); ++r)
        if (frees(r) && (m.updates.measured ||
                         (type != device_type::never && offer_time(m, r, word(r, 0)) < forever)))
            return true;
    return false;
}

/// What a walk found beside the counters.
struct walked {
    last_use use;
    ms_t broken_at = forever;  ///< its first open that was lost for good
};

/// Walks devices one after another; keeps its memory between them.
class device_walk {
public:
    device_walk(model const& m, random_stream stream, engine::kernel const& kernel, counters& out)
        : m_(m), stream_(stream), out_(out), clock_(m), opens_(m, stream, kernel) {}

    /// Simulates `device` from the block of opens `from_block` on, and counts all but whether it
    /// broke; its updates from the beginning. `watched` is the set whose last use is wanted (or
    /// no_set).
    template <class Word>
    walked run(std::uint32_t device, device_traits const& traits, Word const& word,
               std::uint32_t from_block = 0, credentials::set_index watched = credentials::no_set) {
        device_ = device;
        watched_ = watched;
        found_ = {};
        held_ = {};
        live_ = {};
        blocked_ = false;
        retries_.clear();
        version_ = 0;
        judged_ = credentials::no_set;
        judgement_ = {false, beginning};
        opens_.start(device, traits.asleep, from_block);
        clock_.start(traits, word);
        out_.install(beginning, 0, 0);
        live_through();
        finish(traits, word);
        return found_;
    }

private:
    struct pending_retry {
        ms_t at = 0;
        std::uint32_t attempt = 0;

        bool operator>(pending_retry const& o) const {
            return at != o.at ? at > o.at : attempt > o.attempt;
        }
    };
    struct connection {
        ms_t at = beginning;
        credentials::set_index set = credentials::no_set;
    };

    /// Events in order; at equal times: update, dropped connection, open, retry.
    void live_through() {
        std::size_t next_drop = 0;
        for (;;) {
            ms_t const update = clock_.next();
            ms_t const dropped = next_drop < m_.drops.size() ? m_.drops[next_drop].at : forever;
            ms_t const first = std::min({update, dropped, m_.horizon});
            while (opens_.at() < first && opens_.at() <= next_retry()) {
                open const o = opens_.get();
                opens_.pop();
                open_now(o);
            }
            ms_t const retried = next_retry();
            if (std::min(first, retried) >= m_.horizon) return;
            if (update <= dropped && update <= retried) {
                if (clock_.step()) install_now(update);
            } else if (dropped <= retried) {
                auto const& d = m_.drops[next_drop++];
                if (live_.set == d.set && live_.at > dropped - m_.session) connect(dropped, 0);
            } else {
                auto const attempt = retries_.front().attempt;
                std::pop_heap(retries_.begin(), retries_.end(), std::greater<>{});
                retries_.pop_back();
                connect(retried, attempt);
            }
        }
    }
    [[nodiscard]] ms_t next_retry() const noexcept {
        return retries_.empty() ? forever : retries_.front().at;
    }
    /// m_.accepts(set, now), remembered until it may change. `now` never goes back.
    [[nodiscard]] bool accepts(credentials::set_index set, ms_t now) noexcept {
        if (set != judged_ || now >= judgement_.until) {
            judged_ = set;
            judgement_ = m_.acceptance_at(set, now);
        }
        return judgement_.accepted;
    }
    template <class Word>
    void finish(device_traits const& traits, Word const& word) {
        auto const& version = m_.releases[version_];
        bool const cached =
            version.served && !credentials::served::must_fetch(held_, m_.horizon, version.cache);
        auto const holds = cached           ? held_.set
                           : version.served ? m_.served_at(m_.horizon)
                                            : version.set;
        found_.use.holds_at_end = holds == watched_;
        found_.use.leaves = may_leave(m_, traits.type, word, version_, watched_);
    }
    void install_now(ms_t now) {
        out_.install(now, clock_.installed(), version_);
        version_ = clock_.installed();
        if (now >= 0) ++out_.installs;
    }
    void open_now(open const& o) {
        auto const* force = m_.forces.empty() ? nullptr : force_at(m_, o.at);
        if (force != nullptr && version_ < force->minimum) {
            if (!complies(stream_, device_, o, force->comply)) {
                ++out_.update_required[out_.at(0, o.at)];
                if (!blocked_) ++out_.blocked[out_.at(0, o.at)];
                blocked_ = true;
                return;
            }
            clock_.force(m_.newest_public(o.at));
            ++out_.forced_installs;
            install_now(o.at);
        }
        connect(o.at, 0);
    }
    void connect(ms_t now, std::uint32_t attempt) {
        auto const& version = m_.releases[version_];
        auto set = version.set;
        if (version.served) {
            if (credentials::served::must_fetch(held_, now, version.cache)) {
                held_ = {m_.served_at(now), now};
                ++out_.fetches[out_.at(0, now)];
            }
            set = held_.set;
        }
        if (set == watched_) found_.use.at = now;
        if (accepts(set, now)) {
            ++out_.accepted[out_.at(set, now)];
            live_ = {now, set};
            return;
        }
        ++out_.rejected[out_.at(set, now)];
        if (version.served) held_ = {};
        auto const& after = m_.retries(version.on_reject);
        if (attempt < after.size()) {
            ms_t const begun = attempt == 0 ? now : now - after[attempt - 1];
            retries_.push_back({begun + after[attempt], attempt + 1});
            std::push_heap(retries_.begin(), retries_.end(), std::greater<>{});
            return;
        }
        found_.broken_at = std::min(found_.broken_at, now);
    }

    model const& m_;
    random_stream stream_;
    counters& out_;
    update_clock clock_;
    open_stream opens_;
    std::vector<pending_retry> retries_;
    credentials::set_index judged_ = credentials::no_set;
    acceptance_span judgement_{false, beginning};
    connection live_;
    credentials::held_set held_;
    walked found_;
    std::uint32_t device_ = 0;
    std::uint16_t version_ = 0;
    credentials::set_index watched_ = credentials::no_set;
    bool blocked_ = false;
};

}  // namespace cryptoperiod::fleet
