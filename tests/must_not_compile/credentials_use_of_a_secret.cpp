// must not compile: could not convert|no viable conversion|cannot convert
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/credentials/usage.hpp>

auto note(cryptoperiod::credentials::usage_log& log, cryptoperiod::secret_bytes const& secret) {
    return log.note({.credential_set = secret, .version = "1", .device = "d", .at = {}});
}
