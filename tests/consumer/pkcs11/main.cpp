// A program that would keep its root keys in a token, and says what it lacks.
#include <cryptoperiod/adapters/pkcs11_kms.hpp>

int main() {
    auto token = cryptoperiod::adapters::pkcs11_token::open({"/no/such/module.so", "token"},
                                                            cryptoperiod::secret_bytes());
    return !token && token.error().code == cryptoperiod::errc::missing ? 0 : 1;
}
