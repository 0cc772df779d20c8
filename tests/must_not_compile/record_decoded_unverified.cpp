// must not compile: no matching function for call to .decode|could not convert
#include <cryptoperiod/store/record.hpp>

struct settings {
    static constexpr std::string_view schema = "settings";
    static constexpr std::uint32_t schema_version = 1;
    int number = 0;
    void serialize(auto& archive) { archive(number); }
};

auto read(std::span<std::byte const> from_the_store) {
    return cryptoperiod::store::decode<settings>(from_the_store);
}
