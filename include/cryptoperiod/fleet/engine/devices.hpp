/// @file devices.hpp
/// The engine `devices`: device by device, without a queue. A device is cut into eras (eras.hpp),
/// its opens are drawn sixteen calls at a time and counted; only devices whose opens depend on each
/// other are walked in order (walk.hpp). Same model, same words, same counters as the engine
/// `queue`, bit for bit, on any number of threads and any instruction set; no memory per device.
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/fleet/counters.hpp>
#include <cryptoperiod/fleet/engine/eras.hpp>
#include <cryptoperiod/fleet/engine/kernel.hpp>
#include <cryptoperiod/fleet/engine/walk.hpp>
#include <memory>
#include <utility>
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
            kernel_.draw_devices(keys_, first, static_cast<std::uint32_t>(what), block, out);
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
        if (m_.releases.size() == 2 && !m_.updates.measured) {  // one update: no clock needed
            if (traits.type == device_type::never) return;
            ms_t const offer = offer_time(m_, 1, release_word(member, 1, 0));
            if (offer >= m_.horizon) return;
            ms_t const at =
                awake_after(traits.asleep, offer,
                            tick_delay(m_.updates, traits.type, release_word(member, 1, 1)));
            if (at < m_.horizon) path.push({at, 1});
            return;
        }
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
    /// The word that settles how many opens there are in a block.
    [[nodiscard]] std::uint32_t count_word(std::uint32_t member,
                                           std::uint32_t block) const noexcept {
        return count_[block / 4 * 64 + block % 4 * 16 + member];
    }

private:
    model const& m_;
    random_stream stream_;
    philox_keys keys_ = round_keys(stream_.seed);
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
        plan_versions();
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
        // In two passes: the draws of one device do not wait for the branches of another.
        for (std::uint32_t i = 0; i < members; ++i) {
            traits_[i] = group_.traits(i);
            group_.settle_updates(i, traits_[i], paths_[i]);
        }
        for (std::uint32_t i = 0; i < members; ++i) {
            ms_t const entangled = table_.entangled_from(paths_[i]);
            if (entangled == forever) {
                out_.install(beginning, 0, 0);
                count_installs(paths_[i]);
                pack_opens(first + i, i, m_.opens.blocks);
                continue;
            }
            std::uint32_t const block = m_.opens.block_of(entangled);
            pack_opens(first + i, i, block);
            auto const found = walk_.run(first + i, traits_[i], group_.words_of(i), block);
            if (found.broken_at != forever)
                first_refusal_[i] = std::min(
                    first_refusal_[i], static_cast<std::uint32_t>(found.broken_at / ms_per_hour));
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

    /// The opens of one block, for every device whose eras have no border in it but those of its
    /// version.
    struct block_plan {
        engine::block_frame frame;
        bool refuses = false;  ///< some of its opens are refused
        bool packable = true;  ///< else it is counted open by open
    };
    struct block_span {
        ms_t start, end;
        std::uint32_t first_hour, length;
        poisson_table const* count;
    };

    /// The plan of a block in which the eras e to `last` of a list lie.
    template <class Eras>
    [[nodiscard]] block_plan plan_block(std::uint32_t block, Eras const& eras, std::size_t e,
                                        std::size_t last) const {
        block_plan plan;
        auto const& span = spans_[block];
        std::uint32_t row = eras[e].row * stride_, refusal = row >= refused_ ? row : 0;
        plan.frame.block = block;
        plan.frame.base = row + span.first_hour;
        plan.frame.span = m_.opens.level ? span.length * 24 : span.length;
        for (std::size_t k = e + 1; k <= last; ++k) {
            auto const limit = m_.opens.first_word_at(eras[k].from - span.start, span.length);
            if (limit >= certain) break;
            std::uint32_t const next = eras[k].row * stride_;
            // With refusals in two rows the smallest counter would not be the earliest refusal.
            plan.packable &=
                plan.frame.borders < 2 && (next < refused_ || refusal == 0 || refusal == next);
            if (!plan.packable) break;
            if (next >= refused_) refusal = next;
            plan.frame.limit[plan.frame.borders] = static_cast<std::uint32_t>(limit);
            plan.frame.step[plan.frame.borders++] = next - row;
            row = next;
        }
        plan.refuses = refusal != 0;
        return plan;
    }
    void plan_versions() {
        auto const& law = m_.opens;
        for (std::uint32_t b = 0; b < law.blocks; ++b)
            spans_.push_back({law.start_of(b), law.start_of(b) + ms_t{law.days_of(b)} * ms_per_day,
                              b * law.block_days * 24, law.days_of(b), &law.counts_of(b)});
        for (std::size_t v = 0; v < m_.releases.size(); ++v)
            for (std::uint32_t b = 0; b < law.blocks; ++b) {
                auto const& eras = table_.eras_of_version(v);
                if (eras.empty()) {  // asks a server: its devices are walked
                    plans_.emplace_back();
                    continue;
                }
                auto const [e, last] = eras_within(eras, spans_[b]);
                plans_.push_back(plan_block(b, eras, e, last));
            }
    }
    /// The first and the last era that lie in a block.
    template <class Eras>
    static std::pair<std::size_t, std::size_t> eras_within(Eras const& eras,
                                                           block_span const& span) {
        std::size_t e = 0;
        while (e + 1 < eras.size() && eras[e + 1].from <= span.start) ++e;
        std::size_t last = e;
        while (last + 1 < eras.size() && eras[last + 1].from < span.end) ++last;
        return {e, last};
    }

    /// The opens of the blocks before `until`.
    void pack_opens(std::uint32_t device, std::uint32_t member, std::uint32_t until) {
        auto const& path = paths_[member];
        auto const asleep = traits_[member].asleep;
        eras_.clear();
        std::size_t step = 0;
        for (std::uint32_t b = 0; b < until; ++b) {
            auto const& span = spans_[b];
            while (step + 1 < path.size() && path[step + 1].at <= span.start) ++step;
            bool const own = (step + 1 < path.size() && path[step + 1].at < span.end) ||
                             (asleep.from < span.end && asleep.to > span.start);
            std::uint32_t const opens = (*span.count)(group_.count_word(member, b));
            if (opens == 0) continue;
            if (!own) {
                pack_block(device, member, opens, plans_[path[step].release * spans_.size() + b]);
                continue;
            }
            if (eras_.empty()) table_.cut(path, asleep, eras_);
            auto const [e, last] = eras_within(eras_, span);
            if (last == e && eras_[e].row == row_layout::asleep) continue;
            pack_block(device, member, opens, plan_block(b, eras_, e, last));
        }
    }
    void pack_block(std::uint32_t device, std::uint32_t member, std::uint32_t opens,
                    block_plan const& plan) {
        if (!plan.packable) return count_piecewise(device, member, plan.frame.block);
        if (plan.refuses && first_refusal_[member] == unbroken)
            probes_.push_back({member, calls_->size, (opens + 3) / 4});
        kernel_.pack(*calls_, device, opens, plan.frame);
        if (calls_->size >= engine::call_buffer::full) drain();
    }
    /// Draws the packed calls and counts their opens.
    void drain() {
        if (calls_->size == 0) return;
        std::uint32_t* const bins = histogram_.data();
        if (m_.opens.level)
            kernel_.count_calls(*calls_, keys_, bins);
        else
            kernel_.count_calls_profiled(*calls_, keys_, borders_, bins);
        for (auto const& p : probes_) {
            std::uint32_t const least =
                kernel_.smallest_counter(*calls_, p.first, p.calls, refused_);
            if (least < unbroken - refused_)
                first_refusal_[p.member] = std::min(first_refusal_[p.member], least % stride_);
        }
        probes_.clear();
        kernel_.clear(*calls_);
    }
    struct probe {
        std::uint32_t member, first, calls;
    };
    /// A block that cannot be packed: open by open.
    void count_piecewise(std::uint32_t device, std::uint32_t member, std::uint32_t block) {
        CRYPTOPERIOD_ASSERT(!eras_.empty());
        auto [e, last] = eras_within(eras_, spans_[block]);
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
    philox_keys keys_ = round_keys(stream_.seed);
    engine::kernel const& kernel_;
    era_table table_;
    device_group group_;
    counters out_;
    device_walk walk_;
    std::uint32_t stride_, refused_;  ///< counters per row; the first counter of refusals
    std::vector<std::uint32_t> histogram_;
    std::unique_ptr<engine::call_buffer> calls_;
    std::vector<block_span> spans_;
    std::vector<block_plan> plans_;  ///< [version][block]
    std::vector<probe> probes_;
    std::array<std::uint32_t, device_group::size> first_refusal_{};
    std::uint32_t borders_[23]{};
    std::array<device_traits, device_group::size> traits_;
    std::vector<install_list> paths_{device_group::size, table_.make_path()};
    era_list eras_ = table_.make_eras();
    std::vector<open> opens_;
};

}  // namespace cryptoperiod::fleet
