/// @file queue.hpp
/// The engine `queue`: event by event, all devices in one queue in the total order (time, device,
/// kind), the credential sets as machines that run the credential_set table. It is the oracle for
/// the engines that need no queue, and does nothing cleverly.
#pragma once

#include <atomic>
#include <cryptoperiod/fleet/counters.hpp>
#include <cryptoperiod/fleet/engine/bucket_queue.hpp>
#include <cryptoperiod/fleet/population.hpp>
#include <functional>
#include <vector>

namespace cryptoperiod::fleet {

class queue_engine {
public:
    queue_engine(model const& m, random_stream stream)
        : m_(m),
          stream_(stream),
          out_(m),
          sets_(m.sets()),
          installed_(m.devices),
          offered_(m.devices),
          flags_(m.devices),
          queue_(2 * std::size_t{m.devices} + 64, mean_gap(m), first_moment(m)) {
        bool served = false;
        for (auto const& r : m.releases) served |= r.served;
        if (served) held_.resize(m.devices);
        if (m.drop_live) live_.resize(m.devices);
    }

    /// Runs to the horizon. `progress` is told the share of time simulated; `stop` ends the run
    /// early.
    counters run(std::function<void(double)> const& progress = {},
                 std::atomic<bool> const* stop = nullptr) {
        stop_ = stop;
        begin();
        std::uint64_t handled = 0;
        for (event e; queue_.pop(e) && e.time < m_.horizon;) {
            if (++handled % 65'536 == 0) {
                if (stopped()) break;
                if (progress && e.time > 0)
                    progress(static_cast<double>(e.time) / static_cast<double>(m_.horizon));
            }
            handle(e);
        }
        out_.devices = m_.devices;
        return std::move(out_);
    }

private:
    /// What an event is; the order at equal times. World events belong to device 0, which makes
    /// them the first of their moment.
    enum kind : std::uint32_t { act, open_block, publish, offer, tick, drop, open_app, retry };
    static constexpr unsigned payload_bits = 24;
    enum flag : std::uint8_t { tick_armed = 1, is_broken = 2, is_blocked = 4 };

    struct connection {
        ms_t at = beginning;
        credentials::set_index set = credentials::no_set;
    };

    static ms_t mean_gap(model const& m) { return std::max<ms_t>(1, m.opens.start_of(1) / 16); }
    static ms_t first_moment(model const& m) {
        ms_t first = 0;
        for (auto const& r : m.releases) first = std::min(first, r.public_at);
        if (!m.measured.empty()) first = std::min(first, m.measured.front().at);
        return first;
    }
    void push(ms_t at, std::uint32_t device, kind what, std::uint32_t payload = 0) {
        queue_.push({at, device, static_cast<std::uint32_t>(what) << payload_bits | payload});
    }

    void begin() {
        for (std::size_t i = 0; i < m_.events.size(); ++i) {
            auto const& e = m_.events[i];
            if (e.at == beginning)
                sets_[e.set].apply(e);
            else
                push(std::max(e.at + m_.propagation, first_moment(m_)), 0, act,
                     static_cast<std::uint32_t>(i));
        }
        for (std::uint32_t b = 0; b < m_.opens.blocks; ++b)
            push(m_.opens.start_of(b), 0, open_block, b);
        for (std::uint32_t d = 0; d < m_.devices; ++d) {
            out_.install(beginning, 0, 0);
            if (m_.updates.measured) follow_measured(d, 0);
        }
        if (!m_.updates.measured)
            for (std::uint32_t r = 1; r < m_.releases.size(); ++r)
                push(m_.releases[r].public_at, 0, publish, r);
    }

    void handle(event const& e) {
        std::uint32_t const payload = e.kind & ((1U << payload_bits) - 1);
        switch (static_cast<kind>(e.kind >> payload_bits)) {
            case act:
                return operate(m_.events[payload], e.time);
            case open_block:
                return draw_block(payload);
            case publish:
                return offer_to_all(payload);
            case offer:
                return take_offer(e, payload);
            case tick:
                return take_tick(e, payload);
            case drop:
                return connect(e.time, e.device, 0);
            case open_app:
                return open_now(e);
            case retry:
                return connect(e.time, e.device, payload);
        }
    }

    [[nodiscard]] device_traits traits(std::uint32_t device) const {
        return traits_of(m_, draw(stream_, device, purpose::lifetime, 0));
    }

    // ---- the operator -----------------------------------------------------------------------

    void operate(operator_event const& e, ms_t now) {
        bool const was_accepted = sets_[e.set].accepts();
        sets_[e.set].apply(e);
        if (!m_.drop_live || !was_accepted || sets_[e.set].accepts()) return;
        for (std::uint32_t d = 0; d < m_.devices; ++d)
            if (live_[d].set == e.set && live_[d].at > now - m_.session) push(now, d, drop);
    }

    // ---- updates ----------------------------------------------------------------------------

    void offer_to_all(std::uint32_t release) {
        for (std::uint32_t d = 0; d < m_.devices && !stopped_at(d); ++d) {
            auto const words = draw(stream_, d, purpose::release, release_block(release));
            ms_t const at = offer_time(m_, release, words[rollout_word(release)]);
            if (at < m_.horizon) push(at, d, offer, release);
        }
    }
    void take_offer(event const& e, std::uint32_t release) {
        auto& offered = offered_[e.device];
        offered = std::max(offered, static_cast<std::uint16_t>(release));
        if (release <= installed_[e.device] || (flags_[e.device] & tick_armed) != 0) return;
        auto const who = traits(e.device);
        if (who.type == device_type::never) return;
        auto const words = draw(stream_, e.device, purpose::release, release_block(release));
        ms_t const delay =
            tick_delay(m_.updates, who.type, exponential_q32(words[rollout_word(release) + 1]));
        flags_[e.device] |= tick_armed;
        ms_t const at = awake_after(who.asleep, e.time, delay);
        if (at < m_.horizon) push(at, e.device, tick);
    }
    void take_tick(event const& e, std::uint32_t release) {
        if (m_.updates.measured) {
            if (release > installed_[e.device]) install_now(e.time, e.device, release);
            return follow_measured(e.device, release);
        }
        flags_[e.device] &= static_cast<std::uint8_t>(~tick_armed);
        if (offered_[e.device] > installed_[e.device])
            install_now(e.time, e.device, offered_[e.device]);
    }
    /// The device's next install after `release`: usually the next release, a later one when the
    /// review of the next one takes longer.
    void follow_measured(std::uint32_t device, std::uint32_t release) {
        std::uint32_t const rank = traits(device).rank;
        ms_t first = forever;
        std::uint32_t next = release;
        for (std::uint32_t r = release + 1; r < m_.releases.size(); ++r) {
            ms_t const at = measured_install(m_, r, rank);
            if (at < first) {
                first = at;
                next = r;
            }
            if (at > m_.releases[r].public_at) break;  // no newer version was measured earlier
        }
        if (first < m_.horizon) push(first, device, tick, next);
    }
    void install_now(ms_t now, std::uint32_t device, std::uint32_t release) {
        out_.install(now, release, installed_[device]);
        installed_[device] = static_cast<std::uint16_t>(release);
        if (now >= 0) ++out_.installs;
    }

    // ---- opens ------------------------------------------------------------------------------

    /// Asked for in loops over all devices too: one event of the world can take long.
    [[nodiscard]] bool stopped() const noexcept { return stop_ != nullptr && *stop_; }
    [[nodiscard]] bool stopped_at(std::uint32_t device) const noexcept {
        return device % 65'536 == 0 && stopped();
    }

    void draw_block(std::uint32_t block) {
        opens_.clear();
        cursor_.assign(1, 0);
        for (std::uint32_t d = 0; d < m_.devices; ++d) {
            if (stopped_at(d)) {  // the devices left have no opens
                cursor_.resize(std::size_t{m_.devices} + 1, opens_.size());
                break;
            }
            scratch_.clear();
            draw_opens(m_, stream_, d, traits(d).asleep, block, scratch_);
            for (auto const& o : scratch_) opens_.push_back(o.word);
            cursor_.push_back(opens_.size());
        }
        block_ = block;
        ends_.assign(cursor_.begin() + 1, cursor_.end());
        cursor_.pop_back();
        for (std::uint32_t d = 0; d < m_.devices && !stopped_at(d); ++d) push_next_open(d);
    }
    [[nodiscard]] open open_at(std::size_t index) const {
        std::uint32_t const word = opens_[index];
        return {m_.opens.start_of(block_) + m_.opens.offset(word, m_.opens.days_of(block_)), block_,
                word};
    }
    void push_next_open(std::uint32_t device) {
        if (cursor_[device] < ends_[device]) push(open_at(cursor_[device]).at, device, open_app);
    }
    void open_now(event const& e) {
        open const o = open_at(cursor_[e.device]++);
        push_next_open(e.device);
        auto const* force = force_at(m_, e.time);
        if (force != nullptr && installed_[e.device] < force->minimum) {
            if (!complies(stream_, e.device, o, force->comply)) return refuse_open(e);
            ++out_.forced_installs;
            install_now(e.time, e.device, m_.newest_public(e.time));
        }
        connect(e.time, e.device, 0);
    }
    void refuse_open(event const& e) {
        ++out_.update_required[out_.at(0, e.time)];
        if ((flags_[e.device] & is_blocked) == 0) ++out_.blocked[out_.at(0, e.time)];
        flags_[e.device] |= is_blocked;
    }

    // ---- connections ------------------------------------------------------------------------

    /// The set that the installed version presents; asks the app's server when it has to.
    credentials::set_index presented(ms_t now, std::uint32_t device, model_release const& version) {
        if (!version.served) return version.set;
        auto& held = held_[device];
        if (credentials::served::must_fetch(held, now, version.cache)) {
            held = {m_.served_at(now), now};
            ++out_.fetches[out_.at(0, now)];
        }
        return held.set;
    }
    void connect(ms_t now, std::uint32_t device, std::uint32_t attempt) {
        auto const& version = m_.releases[installed_[device]];
        auto const set = presented(now, device, version);
        if (sets_[set].present(now)) {
            ++out_.accepted[out_.at(set, now)];
            if (m_.drop_live) live_[device] = {now, set};
            return;
        }
        ++out_.rejected[out_.at(set, now)];
        if (version.served) held_[device] = {};
        auto const& retries = m_.retries(version.on_reject);
        if (attempt < retries.size()) {
            ms_t const begun = attempt == 0 ? now : now - retries[attempt - 1];
            return push(begun + retries[attempt], device, retry, attempt + 1);
        }
        if ((flags_[device] & is_broken) == 0) ++out_.broken[out_.at(0, now)];
        flags_[device] |= is_broken;
    }

    model const& m_;
    random_stream stream_;
    counters out_;
    std::vector<live_set> sets_;
    std::vector<std::uint16_t> installed_, offered_;
    std::vector<std::uint8_t> flags_;
    std::vector<credentials::held_set> held_;
    std::vector<connection> live_;
    bucket_queue queue_;
    std::vector<std::uint32_t> opens_;        // of the current block, device by device, ascending
    std::vector<std::size_t> cursor_, ends_;  // into opens_, per device
    std::vector<open> scratch_;
    std::uint32_t block_ = 0;
    std::atomic<bool> const* stop_ = nullptr;
};

}  // namespace cryptoperiod::fleet
