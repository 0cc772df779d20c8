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
        : m_(m), stream_(stream), kernel_(kernel), clock_(m), calls_(m.releases.size() / 2) {
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
    /// The rollout (0) and tick (1) words of the releases, for update_clock.
    [[nodiscard]] auto words_of(std::uint32_t member) const noexcept {
        return [this, member](std::size_t release, std::size_t which) {
            return release_word(member, release, which);
        };
    }
    /// The versions that a device has within the horizon, when nothing forces it.
    void settle_updates(std::uint32_t member, device_traits const& traits, install_list& path) {
        path.clear();
        path.push({});
        clock_.start(traits, words_of(member));
        for (ms_t now = clock_.next(); now < m_.horizon; now = clock_.next())
            if (clock_.step()) path.push({now, clock_.installed()});
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
    update_clock clock_;
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
          walk_(m, stream, kernel_, out_),
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
            group_.settle_updates(i, traits, path_);
            if (table_.entangled(path_)) {
                walk_.run(first + i, traits, group_.words_of(i));
                continue;
            }
            out_.install(beginning, 0, 0);
            count_installs(path_);
            table_.cut(path_, traits.asleep, eras_);
            pack_opens(first + i, i);
        }
        drain();
        for (std::uint32_t const hour : first_refusal_)
            if (hour != unbroken) ++out_.broken[hour];
    }

    void count_installs(install_list const& path) {
        for (std::size_t i = 1; i < path.size(); ++i) {
            out_.install(path[i].at, path[i].release, path[i - 1].release);
            if (path[i].at >= 0) ++out_.installs;
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
            if (last > e + 2 || !pack_block(device, member, b, opens, e, last))
                count_piecewise(device, member, b, e, last);
        }
    }
    /// Packs a block with at most two borders; false when refusals fall into two rows of it, so
    /// that the smallest counter would not be the earliest refusal.
    bool pack_block(std::uint32_t device, std::uint32_t member, std::uint32_t block,
                    std::uint32_t opens, std::size_t e, std::size_t last) {
        auto const& law = m_.opens;
        std::uint32_t const length = law.days_of(block);
        engine::block_calls packed{device, block, opens};
        std::uint32_t row = eras_[e].row * stride_, refusal = row >= refused_ ? row : 0;
        packed.base = row + block * law.block_days * 24;
        packed.span = law.level ? length * 24 : length;
        for (std::size_t k = 0; e + k < last; ++k) {
            auto const& border = eras_[e + k + 1];
            auto const limit = law.first_word_at(border.from - law.start_of(block), length);
            if (limit >= certain) break;
            std::uint32_t const next = border.row * stride_;
            if (next >= refused_) {
                if (refusal != 0 && refusal != next) return false;
                refusal = next;
            }
            packed.limit[k] = static_cast<std::uint32_t>(limit);
            packed.step[k] = next - row;
            row = next;
        }
        std::uint32_t const at = calls_->size, calls = (opens + 3) / 4;
        kernel_.pack(*calls_, packed);
        if (refusal != 0 && first_refusal_[member] == unbroken)
            probes_.push_back({member, at, calls});
        if (calls_->size >= engine::call_buffer::full) drain();
        return true;
    }
    /// Draws the packed calls and counts their opens.
    void drain() {
        if (calls_->size == 0) return;
        std::uint32_t* const bins = histogram_.data();
        if (m_.opens.level)
            kernel_.count_calls(*calls_, stream_.seed, bins);
        else
            kernel_.count_calls_profiled(*calls_, stream_.seed, borders_, bins);
        for (auto const& p : probes_) {
            std::uint32_t const least =
                kernel_.smallest_counter(*calls_, p.first, p.calls, refused_);
            if (least < unbroken - refused_)
                first_refusal_[p.member] = std::min(first_refusal_[p.member], least % stride_);
        }
        probes_.clear();
        calls_->size = 0;
    }
    struct probe {
        std::uint32_t member, first, calls;
    };
    /// A block that cannot be packed: open by open.
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
    std::vector<probe> probes_;
    std::array<std::uint32_t, device_group::size> first_refusal_{};
    std::uint32_t borders_[23]{};
    install_list path_ = table_.make_path();
    era_list eras_ = table_.make_eras();
    std::vector<open> opens_;
};

}  // namespace cryptoperiod::fleet
