// The same program for every way to use the library; built with strict warnings as errors.
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/cryptoperiod.hpp>
#include <cryptoperiod/version.hpp>
#include <cstdio>
#include <string_view>

namespace {

cryptoperiod::result<std::size_t> length(std::string_view text) {
    if (text.empty()) return cryptoperiod::error{cryptoperiod::errc::missing, "empty text"};
    return text.size();
}

cryptoperiod::result<void> report(std::string_view text) {
    CRYPTOPERIOD_TRY(auto const characters, length(text));
    std::printf("cryptoperiod %d.%d.%d: %zu\n", CRYPTOPERIOD_VERSION_MAJOR,
                CRYPTOPERIOD_VERSION_MINOR, CRYPTOPERIOD_VERSION_PATCH, characters);
    return {};
}

}  // namespace

int main() {
    auto const key = cryptoperiod::crypto::random_secret<32>(cryptoperiod::crypto::os_entropy());
    return report("abc").has_value() && !report("").has_value() && key.has_value() ? 0 : 1;
}
