// The inner loops of the `devices` engine, written once over the sixteen lanes of lanes.hpp. Included
// by kernel.hpp for each instruction set, inside its namespace and between target brackets.

/// One word of each of sixteen devices: out[w * 16 + i] is word w of device `first` + i.
inline void draw_devices(std::uint64_t seed, std::uint32_t first, std::uint32_t purpose,
                         std::uint32_t block, std::uint32_t* out) {
    lanes word[4] = {add(iota(), splat(first)), splat(purpose), splat(block), splat(0)};
    philox(word, seed);
    for (std::size_t w = 0; w < 4; ++w) store(out + 16 * w, word[w]);
}

/// Packs the calls of one block of opens. The stores write whole vectors, so they run over the end of
/// the block by up to fifteen lanes, which the next block overwrites.
inline void pack(call_buffer& calls, block_calls const& b) {
    std::uint32_t const count = (b.opens + 3) / 4;
    lanes const device = splat(b.device), block = splat(b.block), base = splat(b.base),
                span = splat(b.span), limit = splat(b.limit), step = splat(b.step);
    for (std::uint32_t done = 0; done < count; done += 16) {
        std::uint32_t const at = calls.size + done;
        store(calls.device + at, device);
        store(calls.block + at, block);
        store(calls.call + at, add(iota(), splat(done)));
        store(calls.base + at, base);
        store(calls.span + at, span);
        store(calls.limit + at, limit);
        store(calls.step + at, step);
    }
    calls.size += count;
}

/// The words of all packed calls: calls.word[w][i] is word w of call i.
inline void draw_calls(call_buffer& calls, std::uint64_t seed) {
    lanes const what = splat(open_time_purpose);
    for (std::uint32_t i = 0; i < calls.size; i += 16) {
        lanes word[4] = {load(calls.device + i), what, load(calls.block + i),
                         load(calls.call + i)};
        philox(word, seed);
        for (std::size_t w = 0; w < 4; ++w) store(calls.word[w] + i, word[w]);
    }
}

/// The same, and from each word the counter that its open belongs to: base + hour within the block,
/// + step from the word `limit` on.
inline void index_calls(call_buffer& calls, std::uint64_t seed) {
    lanes const what = splat(open_time_purpose);
    for (std::uint32_t i = 0; i < calls.size; i += 16) {
        lanes word[4] = {load(calls.device + i), what, load(calls.block + i),
                         load(calls.call + i)};
        philox(word, seed);
        lanes const base = load(calls.base + i), span = load(calls.span + i),
                    limit = load(calls.limit + i), step = load(calls.step + i);
        for (std::size_t w = 0; w < 4; ++w) {
            lanes hour, fraction;
            multiply(word[w], span, hour, fraction);
            store(calls.word[w] + i, add_from(add(base, hour), word[w], limit, step));
        }
    }
}

/// The same with a daily profile: `span` is in days, `until` are the 23 inner borders of the hours.
inline void index_calls_profiled(call_buffer& calls, std::uint64_t seed,
                                 std::uint32_t const (&until)[23]) {
    lanes const what = splat(open_time_purpose), one = splat(1), per_day = splat(24);
    for (std::uint32_t i = 0; i < calls.size; i += 16) {
        lanes word[4] = {load(calls.device + i), what, load(calls.block + i),
                         load(calls.call + i)};
        philox(word, seed);
        lanes const base = load(calls.base + i), span = load(calls.span + i),
                    limit = load(calls.limit + i), step = load(calls.step + i);
        for (std::size_t w = 0; w < 4; ++w) {
            lanes day, fraction, hours, none;
            multiply(word[w], span, day, fraction);
            multiply(day, per_day, none, hours);
            for (std::uint32_t const border : until)
                hours = add_from(hours, fraction, splat(border), one);
            store(calls.word[w] + i, add_from(add(base, hours), word[w], limit, step));
        }
    }
}

/// 1 + the largest word in [low, low + width) among the opens of one packed block, less `low`; 0 when
/// there is none. `used` words of the last call are opens.
inline std::uint32_t largest_word(call_buffer const& calls, std::uint32_t first, std::uint32_t count,
                                  std::uint32_t used, std::uint32_t low, std::uint32_t width) {
    lanes const one = splat(1), all = splat(0xFFFFFFFFU);
    lanes best = splat(0);
    for (std::uint32_t w = 0; w < 4; ++w) {
        lanes const valid = splat(w < used ? count : count - 1);
        for (std::uint32_t done = 0; done < count; done += 16) {
            lanes const v = add(load(calls.word[w] + first + done), splat(0U - low));
            lanes const candidate = add(v, one);
            lanes const minus = add(exclusive_or(candidate, all), one);  // -candidate
            lanes const inside = add_from(candidate, v, splat(width), minus);
            lanes const nothing = add(exclusive_or(inside, all), one);  // lanes of the next block
            best = maximum(best, add_from(inside, add(iota(), splat(done)), valid, nothing));
        }
    }
    alignas(64) std::uint32_t out[16];
    store(out, best);
    std::uint32_t largest = 0;
    for (std::uint32_t const x : out) largest = x > largest ? x : largest;
    return largest;
}
