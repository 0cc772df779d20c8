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

/// Packs the calls of one block of opens. The stores write whole vectors, so they run over the end
/// of the block by up to fifteen lanes, which the next block overwrites.
inline void pack(call_buffer& calls, std::uint32_t device, std::uint32_t opens,
                 block_frame const& frame) {
    std::uint32_t const count = (opens + 3) / 4;
    lanes const minus_four_each = load(four_less.data());
    for (std::uint32_t done = 0; done < count; done += 16) {
        std::uint32_t const at = calls.size + done;
        store(calls.device + at, splat(device));
        store(calls.block + at, splat(frame.block));
        store(calls.call + at, add(iota(), splat(done)));
        store(calls.opens_left + at, add(minus_four_each, splat(opens - 4 * done)));
        store(calls.base + at, splat(frame.base));
        store(calls.span + at, splat(frame.span));
    }
    for (std::uint32_t k = 0; k < frame.borders; ++k) {
        for (std::uint32_t done = 0; done < count; done += 16) {
            store(calls.limit[k] + calls.size + done, splat(frame.limit[k]));
            store(calls.step[k] + calls.size + done, splat(frame.step[k]));
        }
        store(calls.limit[k] + calls.size + count, splat(no_limit));
        store(calls.step[k] + calls.size + count, splat(0));
    }
    calls.size += count;
    calls.bordered |= frame.borders > 0;
}

/// Empties the buffer. Lanes without a border keep their `no_limit` from one filling to the next.
inline void clear(call_buffer& calls) {
    if (calls.bordered)
        for (std::uint32_t k = 0; k < 2; ++k)
            for (std::uint32_t i = 0; i < calls.size; i += 16) {
                store(calls.limit[k] + i, splat(no_limit));
                store(calls.step[k] + i, splat(0));
            }
    calls.size = 0;
    calls.bordered = false;
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

/// Stores the counter that word `w` of sixteen calls belongs to: base + hour within the block, + a
/// step from each limit on; counter 0 for words beyond the opens of the block.
CRYPTOPERIOD_INLINE void store_counter(call_buffer& calls, std::uint32_t i, std::uint32_t w,
                                       lanes const& word, lanes const& hours) {
    lanes const first = add_from(add(load(calls.base + i), hours), word, load(calls.limit[0] + i),
                                 load(calls.step[0] + i));
    lanes const second = add_from(first, word, load(calls.limit[1] + i), load(calls.step[1] + i));
    store(calls.word[w] + i, add_from(splat(0), load(calls.opens_left + i), splat(w + 1), second));
}

/// Counts calls that were indexed before: calls i to until - 1.
CRYPTOPERIOD_INLINE void count(call_buffer const& calls, std::uint32_t i, std::uint32_t until,
                               std::uint32_t* bins) {
    for (; i < until; ++i) {
        ++bins[calls.word[0][i]];
        ++bins[calls.word[1][i]];
        ++bins[calls.word[2][i]];
        ++bins[calls.word[3][i]];
    }
}

/// Draws all packed calls and counts their opens. While the vector units draw sixteen calls, the
/// sixteen before are counted: the two need different units of the processor.
inline void count_calls(call_buffer& calls, philox_keys const& keys, std::uint32_t* bins) {
    lanes const what = splat(open_time_purpose);
    for (std::uint32_t i = 0; i < calls.size; i += 32) {
        lanes word[2][4];
        for (std::uint32_t k = 0; k < 2; ++k) {
            std::uint32_t const at = i + 16 * k;
            word[k][0] = load(calls.device + at);
            word[k][1] = what;
            word[k][2] = load(calls.block + at);
            word[k][3] = load(calls.call + at);
        }
        std::uint32_t counted = i > 0 ? i - 32 : 0;
        for (auto const& key : keys) {
            philox_round(word[0], key);
            philox_round(word[1], key);
            if (counted < i) count(calls, counted, counted + 4, bins);
            counted += 4;
        }
        for (std::uint32_t k = 0; k < 2; ++k) {
            std::uint32_t const at = i + 16 * k;
            lanes const span = load(calls.span + at);
            for (std::uint32_t w = 0; w < 4; ++w) {
                lanes hours, fraction;
                multiply(word[k][w], span, hours, fraction);
                store_counter(calls, at, w, word[k][w], hours);
            }
        }
    }
    if (calls.size > 0) count(calls, (calls.size - 1) / 32 * 32, calls.size, bins);
}

/// The same with a daily profile: `span` is in days, `until` are the 23 inner borders of the hours.
inline void count_calls_profiled(call_buffer& calls, philox_keys const& keys,
                                 std::uint32_t const (&until)[23], std::uint32_t* bins) {
    lanes const what = splat(open_time_purpose), one = splat(1), per_day = splat(24);
    for (std::uint32_t i = 0; i < calls.size; i += 16) {
        lanes word[4] = {load(calls.device + i), what, load(calls.block + i), load(calls.call + i)};
        philox(word, keys);
        lanes const span = load(calls.span + i);
        for (std::uint32_t w = 0; w < 4; ++w) {
            lanes day, fraction, hours, none;
            multiply(word[w], span, day, fraction);
            multiply(day, per_day, none, hours);
            for (std::uint32_t const border : until)
                hours = add_from(hours, fraction, splat(border), one);
            store_counter(calls, i, w, word[w], hours);
        }
        count(calls, i, calls.size < i + 16 ? calls.size : i + 16, bins);
    }
}

/// The smallest counter at or above `from` among the calls of one packed block, less `from`; at
/// least 2^32 - from when there is none.
inline std::uint32_t smallest_counter(call_buffer const& calls, std::uint32_t first,
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

/// 1 + the largest word in [low, low + width) among the opens of one packed block, less `low`; 0
/// when there is none. `used` words of the last call are opens.
inline std::uint32_t largest_word(call_buffer const& calls, std::uint32_t first,
                                  std::uint32_t count, std::uint32_t used, std::uint32_t low,
                                  std::uint32_t width) {
    lanes const one = splat(1), all = splat(0xFFFFFFFFU);
    lanes best = splat(0);
    for (std::uint32_t w = 0; w < 4; ++w) {
        lanes const valid = splat(w < used ? count : count - 1);
        for (std::uint32_t done = 0; done < count; done += 16) {
            lanes const v = add(load(calls.word[w] + first + done), splat(0U - low));
            lanes const candidate = add(v, one);
            lanes const minus = add(exclusive_or(candidate, all, splat(0)), one);  // -candidate
            lanes const inside = add_from(candidate, v, splat(width), minus);
            lanes const nothing =
                add(exclusive_or(inside, all, splat(0)), one);  // lanes of the next block
            best = maximum(best, add_from(inside, add(iota(), splat(done)), valid, nothing));
        }
    }
    alignas(64) std::uint32_t out[16];
    store(out, best);
    std::uint32_t largest = 0;
    for (std::uint32_t const x : out) largest = x > largest ? x : largest;
    return largest;
}
