// must not compile: no matching (member )?function for call to .*verify_truncated
#include <cryptoperiod/crypto/mac.hpp>

namespace crypto = cryptoperiod::crypto;

bool verifies(crypto::hmac<crypto::sha256>& mac, crypto::bytes_view message,
              std::array<std::byte, 8> const& code) {
    return mac.verify_truncated<8>(message, code).has_value();
}
