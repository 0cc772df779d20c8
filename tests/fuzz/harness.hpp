/// @file harness.hpp
/// One function, twice: what libFuzzer calls (tests/fuzz/run) and what replays the corpus in every
/// build (replay.cpp), so that the two cannot drift apart.
#pragma once

#include <cstddef>
#include <span>

namespace cryptoperiod::test {

/// Defined by tests/fuzz/<name>.cpp: aborts when the input does what no input may.
void fuzz(std::span<std::byte const> input);

}  // namespace cryptoperiod::test
