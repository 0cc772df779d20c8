// must not compile: is private within this context|calling a private constructor
#include <cryptoperiod/core/verified_bytes.hpp>

auto vouch(std::span<std::byte const> bytes) { return cryptoperiod::verified_bytes(bytes); }
