/// @file compile.cpp
/// What including cryptoperiod costs: a unit with a table only, with one Boost.MSM machine, with
/// the umbrella header, each as a ratio to a unit that includes <vector>. Compiler: $CXX, else c++.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench.hpp"

namespace {

constexpr std::string_view definition = R"(
struct off {}; struct on {}; struct press {};
struct lamp {
    static constexpr std::string_view name = "lamp";
    struct context {};
    using initial_state = off;
    using transition_table = cryptoperiod::fsm::rows<cryptoperiod::fsm::row<off, press, on>,
                                                     cryptoperiod::fsm::row<on, press, off>>;
};
)";

/// Processor seconds of the children that have ended.
double child_seconds() {
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    auto const in_seconds = [](timeval const& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime);
}

/// The least processor seconds of three compilations of `text`; negative when it does not compile.
double compile(std::filesystem::path const& folder, std::string const& text) {
    auto const source = folder / "unit.cpp";
    std::ofstream(source) << text << '\n';
    char const* const chosen = std::getenv("CXX");
    std::string const command = std::string(chosen != nullptr ? chosen : "c++") +
                                " -std=c++20 -O0 -c -I" CRYPTOPERIOD_SOURCE_DIR "/include " +
                                source.string() + " -o " + (folder / "unit.o").string();
    double least = 1e300;
    for (int i = 0; i < 3; ++i) {
        double const before = child_seconds();
        if (std::system(command.c_str()) != 0) return -1;
        least = std::min(least, child_seconds() - before);
    }
    return least;
}

}  // namespace

int main() {
    auto pattern = (std::filesystem::temp_directory_path() / "cryptoperiod-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) return 3;
    std::filesystem::path const folder = pattern;
    double const base = compile(folder, "#include <vector>\nint main() {}");
    struct unit {
        std::string_view name;
        std::string text;
    };
    std::array const units{
        unit{"table_only", "#include <cryptoperiod/fsm/compact.hpp>" + std::string(definition) +
                               "int main() { lamp::context c; auto s = "
                               "cryptoperiod::fsm::compact<lamp>::initial; return "
                               "cryptoperiod::fsm::compact<lamp>::process(c, s, press{}) != "
                               "cryptoperiod::fsm::verdict::taken; }"},
        unit{"one_machine", "#include <cryptoperiod/fsm/machine.hpp>" + std::string(definition) +
                                "int main() { cryptoperiod::fsm::machine<lamp> m; return "
                                "m.send(press{}).has_error(); }"},
        unit{"fleet_simulation", "#include <cryptoperiod/fleet/simulate.hpp>\nint main() {}"},
        unit{"umbrella", "#include <cryptoperiod/cryptoperiod.hpp>\nint main() {}"}};
    bool well = base > 0;
    bench::figure("include_vector.seconds", base);
    for (auto const& u : units) {
        double const seconds = compile(folder, u.text);
        well &= seconds > 0;
        bench::figure(std::string(u.name) + ".times_include_vector", seconds / base);
    }
    std::filesystem::remove_all(folder);
    return well ? 0 : 1;
}
