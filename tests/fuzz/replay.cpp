// Replays a corpus: fuzz_<name> FOLDER. Every file, whole, each half, and with a bit of each byte
// flipped: a small search in every build. Says `N passed, 0 failed`, N files; aborts at what no
// input may do.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/harness.hpp"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    namespace files = std::filesystem;
    std::vector<files::path> corpus;
    for (auto const& file : files::directory_iterator(argv[1])) corpus.push_back(file.path());
    std::ranges::sort(corpus);
    for (auto const& path : corpus) {
        std::printf("%s\n", path.filename().c_str());
        std::fflush(stdout);  // the last line names what aborts
        std::ifstream file(path, std::ios::binary);
        std::string const text{std::istreambuf_iterator<char>(file), {}};
        std::vector<std::byte> input(text.size());
        std::ranges::transform(text, input.begin(), [](char c) { return std::byte(c); });
        cryptoperiod::test::fuzz(input);
        cryptoperiod::test::fuzz(std::span(input).first(input.size() / 2));
        cryptoperiod::test::fuzz(std::span(input).subspan(input.size() / 2));
        for (std::size_t at = 0; at != input.size(); ++at) {
            auto const bit = std::byte{1} << (at % 8);
            input[at] ^= bit;
            cryptoperiod::test::fuzz(input);
            input[at] ^= bit;
        }
    }
    std::printf("%zu passed, 0 failed\n", corpus.size());
    return corpus.empty() ? 1 : 0;
}
