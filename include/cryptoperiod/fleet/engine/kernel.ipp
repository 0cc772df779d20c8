// The inner loops of the `devices` engine, written once over the sixteen lanes of lanes.hpp.
// Included by kernel.hpp for each instruction set, inside its namespace and between target
// brackets.

/// One word of each of sixteen devices: out[w * 16 + i] is word w of device `first` + i.
inline void draw_devices(philox_keys const& keys, std::uint32_t first, std::uint32_t purpose,
                         std::uint32_t block, std::uint32_t* out) {
    lanes word[4] = {add(iota(), splat(first)), splat(purpose), splat(block), splat(0)};
    philox(word, keys);
    for (std::size_t w = 0; w < 4; ++w) store(out + 16 * w, word[w]);
}

/// Packs the calls of one block of one device: all that draw_calls needs. The stores write whole
/// vectors, so they run over the end of the block by up to fifteen lanes, which the next block
/// overwrites.
inline void pack(call_buffer& calls, std::uint32_t device, std::uint32_t block,
                 std::uint32_t opens) {
    std::uint32_t const count = (opens + 3) / 4;
    for (std::uint32_t done = 0; done < count; done += 16) {
        std::uint32_t const at = calls.size + done;
        store(calls.device + at, splat(device));
        store(calls.block + at, splat(block));
        store(calls.call + at, add(iota(), splat(done)));
    }
    calls.size += count;
}

/// Packs the calls of the members `from` and on of a group until the buffer is full. Returns the
/// first member not packed.
inline std::uint32_t pack_group(group_calls& calls, block_group const& group, std::uint32_t from) {
    std::uint32_t size = 0;
    for (; from < group.members && size < call_buffer::full; ++from) {
        std::uint32_t const count = (group.opens[from] + 3) / 4;
        calls.at[from] = size;
        for (std::uint32_t done = 0; done < count; done += 16) {
            store(calls.member + size + done, splat(from));
            store(calls.call + size + done, add(iota(), splat(done)));
        }
        size += count;
    }
    // The lanes beyond the last call are drawn, too, and must name a member.
    for (std::uint32_t k = 0; k < 2; ++k) store(calls.member + size + 16 * k, splat(0));
    calls.size = size;
    calls.counted = 0;
    return from;
}

/// The words of all packed calls: calls.word[w][i] is word w of call i.
inline void draw_calls(call_buffer& calls, philox_keys const& keys) {
    lanes const what = splat(open_time_purpose);
    for (std::uint32_t i = 0; i < calls.size; i += 16) {
        lanes word[4] = {load(calls.device + i), what, load(calls.block + i), load(calls.call + i)};
        philox(word, keys);
        for (std::size_t w = 0; w < 4; ++w) store(calls.word[w] + i, word[w]);
    }
}

/// Counts indexed calls: calls i to until - 1.
CRYPTOPERIOD_INLINE void count(group_calls const& calls, std::uint32_t i, std::uint32_t until,
                               std::uint32_t* bins) {
    for (; i < until; ++i) {
        ++bins[calls.word[0][i]];
        ++bins[calls.word[1][i]];
        ++bins[calls.word[2][i]];
        ++bins[calls.word[3][i]];
    }
}

/// Stores the counters that the words of sixteen calls belong to: base + hour within the block, + a
/// step from each limit on; counter 0 for words beyond the opens of the block.
template <class Hours>
CRYPTOPERIOD_INLINE void store_counters(group_calls& calls, std::uint32_t i,
                                        block_group const& group, lanes const (&word)[4],
                                        Hours const& hours_of) {
    lanes const member = load(calls.member + i), call = load(calls.call + i);
    lanes const left = subtract(pick(load(group.opens), member), shift_left<2>(call));
    lanes const base = pick(load(group.base), member);
    lanes const limit[2] = {pick(load(group.limit[0]), member), pick(load(group.limit[1]), member)};
    lanes const step[2] = {pick(load(group.step[0]), member), pick(load(group.step[1]), member)};
    for (std::uint32_t w = 0; w < 4; ++w) {
        lanes counter = add(base, hours_of(word[w]));
        for (std::size_t k = 0; k < 2; ++k) counter = add_from(counter, word[w], limit[k], step[k]);
        store(calls.word[w] + i, add_from(splat(0), left, splat(w + 1), counter));
    }
}

/// Draws the packed calls of a group and counts their opens, but for the last ones. While the
/// vector units draw calls, the calls before are counted, at first those that are left of `before`:
/// the two need different units of the processor.
template <class Hours>
CRYPTOPERIOD_INLINE void count_group_by(group_calls& calls, block_group const& group,
                                        philox_keys const& keys, group_calls& before,
                                        std::uint32_t* bins, Hours const& hours_of) {
    for (std::uint32_t i = 0; i < calls.size; i += 32) {
        lanes word[2][4];
        for (std::uint32_t k = 0; k < 2; ++k) {
            std::uint32_t const at = i + 16 * k;
            word[k][0] = add(splat(group.first_device), load(calls.member + at));
            word[k][1] = splat(open_time_purpose);
            word[k][2] = splat(group.block);
            word[k][3] = load(calls.call + at);
        }
        auto& counting = i == 0 ? before : calls;
        std::uint32_t const until = i == 0 ? before.size : i;
        std::uint32_t done = counting.counted;
        for (auto const& key : keys) {
            philox_round(word[0], key);
            philox_round(word[1], key);
            std::uint32_t const next = done + 4 < until ? done + 4 : until;
            count(counting, done, next, bins);
            done = next;
        }
        counting.counted = done;
        for (std::uint32_t k = 0; k < 2; ++k)
            store_counters(calls, i + 16 * k, group, word[k], hours_of);
    }
}

inline void count_group(group_calls& calls, block_group const& group, philox_keys const& keys,
                        group_calls& before, std::uint32_t* bins) {
    lanes const span = splat(group.span);
    count_group_by(calls, group, keys, before, bins, [&](lanes const& word) {
        lanes hours, fraction;
        multiply(word, span, hours, fraction);
        return hours;
    });
}

/// The same with a daily profile: the span is in days, `borders` are the 23 inner borders of the
/// hours.
inline void count_group_profiled(group_calls& calls, block_group const& group,
                                 philox_keys const& keys, group_calls& before,
                                 std::uint32_t const (&borders)[23], std::uint32_t* bins) {
    lanes const span = splat(group.span), one = splat(1), per_day = splat(24);
    count_group_by(calls, group, keys, before, bins, [&](lanes const& word) {
        lanes day, fraction, hours, none;
        multiply(word, span, day, fraction);
        multiply(day, per_day, none, hours);
        for (std::uint32_t const border : borders)
            hours = add_from(hours, fraction, splat(border), one);
        return hours;
    });
}

/// Counts the calls that are drawn and not counted yet.
inline void count_rest(group_calls& calls, std::uint32_t* bins) {
    count(calls, calls.counted, calls.size, bins);
    calls.counted = calls.size;
}

/// The smallest counter at or above `from` among the calls of one packed block, less `from`; at
/// least 2^32 - from when there is none.
inline std::uint32_t smallest_counter(group_calls const& calls, std::uint32_t first,
                                      std::uint32_t count, std::uint32_t from) {
    lanes const all = splat(0xFFFFFFFFU), valid = splat(count);
    lanes best = splat(0);  // the largest complement
    for (auto const& words : calls.word)
        for (std::uint32_t done = 0; done < count; done += 16) {
            lanes const above = add(load(words + first + done), splat(0U - from));
            lanes const complement = exclusive_or(above, all, splat(0));
            lanes const minus =
                add(above, splat(1));  // -complement: lanes of the next block go to 0
            best = maximum(best, add_from(complement, add(iota(), splat(done)), valid, minus));
        }
    alignas(64) std::uint32_t out[16];
    store(out, best);
    std::uint32_t largest = 0;
    for (std::uint32_t const x : out) largest = x > largest ? x : largest;
    return ~largest;
}

/// For each of sixteen devices, 1 + the largest word in [low, low + width) among the opens of its
/// block, less `low`; 0 when there is none. One lane a device.
inline void latest(philox_keys const& keys, std::uint32_t first_device,
                   std::uint32_t const (&block)[16], std::uint32_t const (&opens)[16],
                   std::uint32_t const (&low)[16], std::uint32_t const (&width)[16],
                   std::uint32_t (&out)[16]) {
    lanes const device = add(iota(), splat(first_device)), from = load(low), count = load(opens);
    lanes best = splat(0);
    std::uint32_t most = 0;
    for (std::uint32_t const n : opens) most = n > most ? n : most;
    for (std::uint32_t call = 0; 4 * call < most; ++call) {
        lanes word[4] = {device, splat(open_time_purpose), load(block), splat(call)};
        philox(word, keys);
        for (std::uint32_t w = 0; w < 4; ++w) {
            lanes const beyond = subtract(word[w], from), found = add(beyond, splat(1));
            lanes const inside =
                add_from(found, beyond, load(width), subtract(splat(0), found));  // else 0
            best = maximum(best, add_from(splat(0), count, splat(4 * call + w + 1), inside));
        }
    }
    store(out, best);
}
