/// @file devices.hpp
/// The engine `devices`: device by device, without a queue. A device is cut into eras (eras.hpp),
/// its opens are drawn sixteen calls at a time and counted; only devices whose opens depend on each
/// other are walked in order (walk.hpp). Same model, same words, same counters as the engine
/// `queue`, bit for bit, on any number of threads and any instruction set; no memory per device.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cryptoperiod/fleet/counters.hpp>
#include <cryptoperiod/fleet/engine/eras.hpp>
#include <cryptoperiod/fleet/engine/kernel.hpp>
#include <cryptoperiod/fleet/engine/walk.hpp>
#include <memory>
#include <vector>

namespace cryptoperiod::fleet {

/// Sixteen devices at a time: the words that settle their traits, updates and numbers of opens.
class device_group {
public:
    static constexpr std::uint32_t size = 16;

    device_group(model const& m, random_stream stream, engine::kernel const& kernel)
        : m_(m), stream_(stream), kernel_(kernel), calls_(m.releases.size() / 2) {
        release_.resize((calls_ + 1) * 64);
        count_.resize((m.opens.blocks / 4 + 1) * 64);
    }
    void draw(std::uint32_t first) {
        auto const draw = [&](purpose what, std::uint32_t block, std::uint32_t* out) {
            kernel_.draw_devices(stream_.seed, first, static_cast<std::uint32_t>(what), block, out);
        };
        draw(purpose::lifetime, 0, lifetime_.data());
        for (std::uint32_t b = 0; b < calls_; ++b) draw(purpose::release, b, &release_[b * 64]);
        for (std::uint32_t b = 0; b * 4 < m_.opens.blocks; ++b)
            draw(purpose::open_count, b, &count_[b * 64]);
    }
    [[nodiscard]] device_traits traits(std::uint32_t member) const noexcept {
        return traits_of(m_, {lifetime_[member], lifetime_[16 + member], lifetime_[32 + member],
                              lifetime_[48 + member]});
    }
    /// The rollout (0) or tick (1) word of a release.
    [[nodiscard]] std::uint32_t release_word(std::uint32_t member, std::size_t release,
                                             std::size_t which) const noexcept {
        return release_[release_block(release) * 64 + (rollout_word(release) + which) * 16 +
                        member];
    }
    [[nodiscard]] std::uint32_t opens(std::uint32_t member, std::uint32_t block) const noexcept {
        std::uint32_t const word = count_[block / 4 * 64 + block % 4 * 16 + member];
        return block + 1 == m_.opens.blocks ? m_.opens.last_count(word) : m_.opens.count(word);
    }

private:
    model const& m_;
    random_stream stream_;
    engine::kernel const& kernel_;
    std::size_t calls_;
    alignas(64) std::array<std::uint32_t, 64> lifetime_{};
    std::vector<std::uint32_t> release_, count_;
};

/// One thread's share of a run.
class devices_engine {
public:
    devices_engine(model const& m, random_stream stream, isa set)
        : m_(m),
          stream_(stream),
          kernel_(engine::kernel_for(set)),
          table_(m),
          group_(m, stream, kernel_),
          out_(m),
          walk_(m, stream, out_),
          stride_(m.hours),
          refused_(table_.rows().rejected(0) * m.hours),
          histogram_(std::size_t{table_.rows().count()} * m.hours),
          calls_(std::make_unique<engine::call_buffer>()) {
        for (std::size_t h = 0; h < 23; ++h)
            borders_[h] = static_cast<std::uint32_t>(std::min(m.opens.profile[h + 1], certain - 1));
    }

    /// Devices [first, last); `first` is a multiple of sixteen.
    void run(std::uint32_t first, std::uint32_t last) {
        for (std::uint64_t d = first; d < last; d += device_group::size)
            run_group(static_cast<std::uint32_t>(d),
                      static_cast<std::uint32_t>(std::min<std::uint64_t>(16, last - d)));
        flush();
        out_.devices += last - first;
    }
    [[nodiscard]] counters const& counted() const noexcept { return out_; }

private:
    static constexpr std::uint32_t unbroken = 0xFFFF'FFFFU;

    void run_group(std::uint32_t first, std::uint32_t members) {
        group_.draw(first);
        first_refusal_.fill(unbroken);
        for (std::uint32_t i = 0; i < members; ++i) {
            auto const traits = group_.traits(i);
            auto const word = [&](std::size_t release, std::size_t which) {
                return group_.release_word(i, release, which);
            };
            settle_updates(traits, word);
            if (table_.entangled(path_)) {
                walk_.run(first + i, traits, word);
                continue;
            }
            count_installs();
            table_.cut(path_, traits.asleep, eras_);
            pack_opens(first + i, i);
        }
        drain();
        for (std::uint32_t const hour : first_refusal_)
            if (hour != unbroken) ++out_.broken[hour];
    }

    template <class Word>
    void settle_updates(device_traits const& traits, Word const& word) {
        path_.assign(1, {});
        clock_.start(m_, traits, word);
        for (ms_t now = clock_.next(); now < m_.horizon; now = clock_.next())
            if (clock_.step(m_)) path_.push_back({now, clock_.installed()});
    }
    void count_installs() {
        out_.install(beginning, 0, 0);
        for (std::size_t i = 1; i < path_.size(); ++i) {
            out_.install(path_[i].at, path_[i].release, path_[i - 1].release);
            if (path_[i].at >= 0) ++out_.installs;
        }
    }

    // ---- opens ------------------------------------------------------------------------------

    void pack_opens(std::uint32_t device, std::uint32_t member) {
        auto const& law = m_.opens;
        std::size_t e = 0;
        for (std::uint32_t b = 0; b < law.blocks; ++b) {
            ms_t const start = law.start_of(b), end = start + ms_t{law.days_of(b)} * ms_per_day;
            while (e + 1 < eras_.size() && eras_[e + 1].from <= start) ++e;
            std::size_t last = e;
            while (last + 1 < eras_.size() && eras_[last + 1].from < end) ++last;
            if (last == e && eras_[e].row == row_layout::asleep) continue;
            std::uint32_t const opens = group_.opens(member, b);
            if (opens == 0) continue;
            if (last > e + 1)
                count_piecewise(device, member, b, e, last);
            else
                pack_block(device, member, b, opens, e, last);
        }
    }
    void pack_block(std::uint32_t device, std::uint32_t member, std::uint32_t block,
                    std::uint32_t opens, std::size_t e, std::size_t last) {
        auto const& law = m_.opens;
        std::uint32_t const length = law.days_of(block), before = eras_[e].row * stride_;
        engine::block_calls packed{device, block, opens};
        packed.base = before + block * law.block_days * 24;
        packed.span = law.level ? length * 24 : length;
        bool refused = before >= refused_;
        if (last > e) {
            auto const limit = law.first_word_at(eras_[last].from - law.start_of(block), length);
            std::uint32_t const after = eras_[last].row * stride_;
            if (limit < certain) {
                packed.limit = static_cast<std::uint32_t>(limit);
                packed.step = after - before;
                if (refused && after >= refused_ && first_refusal_[member] == unbroken)
                    return count_piecewise(device, member, block, e, last);
                refused |= after >= refused_;
            }
        }
        std::uint32_t const at = calls_->size, calls = (opens + 3) / 4;
        kernel_.pack(*calls_, packed);
        if (opens % 4 != 0) spare_.push_back({at + calls - 1, opens % 4});
        if (refused && first_refusal_[member] == unbroken) probes_.push_back({member, at, calls});
        if (calls_->size >= engine::call_buffer::full) drain();
    }
    /// Draws the packed calls and counts their opens.
    void drain() {
        if (calls_->size == 0) return;
        if (m_.opens.level)
            kernel_.index_calls(*calls_, stream_.seed);
        else
            kernel_.index_calls_profiled(*calls_, stream_.seed, borders_);
        for (auto const& s : spare_)  // words of a last call that are no opens
            for (std::uint32_t w = s.used; w < 4; ++w) calls_->word[w][s.call] = 0;
        std::uint32_t* const bins = histogram_.data();
        for (auto const& words : calls_->word)
            for (std::uint32_t i = 0; i < calls_->size; ++i) ++bins[words[i]];
        for (auto const& p : probes_) find_refusal(p);
        spare_.clear();
        probes_.clear();
        calls_->size = 0;
    }
    struct probe {
        std::uint32_t member, first, calls;
    };
    /// The first refused open of a block: the smallest counter at or above those of refusals. Only
    /// one row of refusals can occur in a packed block, so the smallest counter is the earliest
    /// hour.
    void find_refusal(probe const& p) {
        std::uint32_t& found = first_refusal_[p.member];
        std::uint32_t least = unbroken;
        for (auto const& words : calls_->word)
            for (std::uint32_t i = p.first; i < p.first + p.calls; ++i)
                least = std::min(least, words[i] - refused_);
        if (least < unbroken - refused_) found = std::min(found, least % stride_);
    }
    /// A block with more than two eras, or with two rows of refusals: open by open.
    void count_piecewise(std::uint32_t device, std::uint32_t member, std::uint32_t block,
                         std::size_t e, std::size_t last) {
        opens_.clear();
        draw_opens(m_, stream_, device, {}, block, opens_);
        for (auto const& o : opens_) {
            while (e < last && eras_[e + 1].from <= o.at) ++e;
            auto const hour = static_cast<std::uint32_t>(o.at / ms_per_hour);
            ++histogram_[eras_[e].row * stride_ + hour];
            if (eras_[e].row > table_.rows().sets)
                first_refusal_[member] = std::min(first_refusal_[member], hour);
        }
    }
    void flush() {
        auto const rows = table_.rows();
        for (std::size_t s = 0; s < m_.sets(); ++s)
            for (std::size_t h = 0; h < stride_; ++h) {
                out_.accepted[s * stride_ + h] += histogram_[rows.accepted(s) * stride_ + h];
                out_.rejected[s * stride_ + h] += histogram_[rows.rejected(s) * stride_ + h];
            }
        std::fill(histogram_.begin(), histogram_.end(), 0U);
    }

    struct spare_words {
        std::uint32_t call, used;
    };
    model const& m_;
    random_stream stream_;
    engine::kernel const& kernel_;
    era_table table_;
    device_group group_;
    counters out_;
    device_walk walk_;
    std::uint32_t stride_, refused_;  ///< counters per row; the first counter of refusals
    std::vector<std::uint32_t> histogram_;
    std::unique_ptr<engine::call_buffer> calls_;
    std::vector<spare_words> spare_;
    std::vector<probe> probes_;
    std::array<std::uint32_t, device_group::size> first_refusal_{};
    std::uint32_t borders_[23]{};
    update_clock clock_;
    std::vector<install> path_;
    std::vector<era> eras_;
    std::vector<open> opens_;
};

}  // namespace cryptoperiod::fleet
