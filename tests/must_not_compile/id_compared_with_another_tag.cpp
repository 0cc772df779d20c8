// must not compile: no match for .operator==.|invalid operands to binary expression
#include <cryptoperiod/core/id.hpp>

struct device {
    static constexpr std::string_view name = "device id";
};
struct key {
    static constexpr std::string_view name = "key id";
};

bool same(cryptoperiod::id<device> const& a, cryptoperiod::id<key> const& b) { return a == b; }
