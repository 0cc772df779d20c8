// Links Crypto++ through the installed find module: SHA-256 of "abc" starts with ba 78 (FIPS
// 180-4).
#include <cryptopp/sha.h>

int main() {
    unsigned char const text[] = {'a', 'b', 'c'};
    unsigned char digest[CryptoPP::SHA256::DIGESTSIZE];
    CryptoPP::SHA256{}.CalculateDigest(digest, text, sizeof text);
    return digest[0] == 0xba && digest[1] == 0x78 ? 0 : 1;
}
