/// @file private_keys.hpp
/// Keys as they are handed out, made with openssl for these tests and thrown away: nothing was ever
/// protected by them.
#pragma once

#include <string_view>

namespace cryptoperiod::test {

// clang-format off
/// openssl ecparam -name prime256v1 -genkey | openssl pkcs8 -topk8 -nocrypt
inline constexpr std::string_view p256_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0qr2wg+55doghiFh\n"
    "OUonueP3fmkM0fOdyC+aeW7vS9KhRANCAASWWd884pHwZ6kzJQ1LQZXYFmKkBzjt\n"
    "hb6hq3IumPnwYsJ4PUOLebiiB/pg5m7y7Dik8y40En+X2UzxarFGFD+v\n"
    "-----END PRIVATE KEY-----\n";

/// The same of secp384r1.
inline constexpr std::string_view p384_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCmnmjHO+nLk2z85Sbh\n"
    "XluioFlzUpEYDMUbf/7kEMS4/s7hjGSMgrPQPQNwKjy15eahZANiAARqpnGCOqyF\n"
    "p+4fVOz4l1/eWvsfwthvAEyunhIiyBnJGc6LwuRXfVh3G4VGVgQj6XZyNp1CICRq\n"
    "Cenk9Am7sDT5KdVWaictSTweyH0miTI2SeJGYZiaNTtk73ofswUcLkg=\n"
    "-----END PRIVATE KEY-----\n";

/// openssl genrsa 2048 | openssl pkcs8 -topk8 -nocrypt
inline constexpr std::string_view rsa_2048_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQDB9SP+i7Wp4B1J\n"
    "V0pCcpatFRbkOWFVmN5Hvj7Tb50eSQN/QfF6MM0oD4vT/82pDZg/56S4q/bfHL/j\n"
    "cymQiRERH/P/Rs9QXRbwKn3qwrUdmKlgK98AMI46/YjYy448V5ql2nz0OI2Q5VJt\n"
    "ZVxwBh4r0jZTqz+uBqjD4yJ+JmJCJjMn2sFK2aZc1Jiz+WEi28PYzzdlWwS5HwHk\n"
    "EgTsmSppbCpctD50Q+zXUNV/E2VP2m1MHe7gjiEfHo5nb/iJ+f/zAUE4PP8eTaa+\n"
    "6chXKQuzcRhB7uMvNn7MaO8OQS0Qb1+Ca05wp5VMwihlXAUM7z0bnCIOYByehQVo\n"
    "VMRVK6hZAgMBAAECggEATsKRWbl4zOEdc103YfEvH1yrfYSRclVPmdl2oJw3tIcY\n"
    "nPH1sVUk0eoyMSW0aTwEgZq6aGUoK+R8RUvL6o3GOOp9RcGGyM7sVB0lIZHsQvbt\n"
    "fIiEFwsgjnLKwaIzAWzfdw7YY8GdNuPwS0z4MuNBGDFV7zbgdnXszRKsPIawqsQr\n"
    "sJgC4WxbcCpBvL/hTrrDkdRVDfGmdwFFrdZvBwFz/avk1jufi05KKpFi6mByuDxn\n"
    "28a073AgijjLBjBn1g6GoHXpMgNFNYroRtxemwGNnVMp/HpN+mYOzTWZsgkeNoew\n"
    "AoJRVI+IMsVbQFLBWErrPLUPysEmZkNukv7qlpRwKwKBgQDyWyF9D4NZBFH4UxZT\n"
    "5ektPaQuCIUCVG2xDxNi9Eku1vqz5PBpkzN4iqZG4oIK5PrkoYjUg7Fq36Pg+4UE\n"
    "6g5SRiSgdQXU1B0DToomD2qPuzhNfVr9b4rrys7C0I/uOeBxaY4Pl0DXQt+cehHj\n"
    "1BbZ+ZTr0kp8BOvYsRlEpwoyTwKBgQDM4HwwAKVhghHRrvBRBqKPe2Gb/Zm+alUM\n"
    "VIjECcRsJfg2lBSZb5bG6dgdiUM/FO+Rl23mvPN9voas6XGewu/j187Si16c3++t\n"
    "7mmEr9rWMUSRdUa4ZnaLay60SLViYEcE0Qvh8KhsDGF0+Yp1dbwCYhijPYN3cZF4\n"
    "kkKCtdwY1wKBgQC5DjDiB4hp3kyg6wCvi2yjKOBGbibyAnnHqxVIh/OhmnHQD04r\n"
    "r0SsFGKm2aomm3WgQl/ytaQxURcXYbbOa9IHrJunEfQj8Ns+fSgrq7XYjkKNmNxz\n"
    "jEpthWyfgRWF+BeTQeBBs2LFe8C3ANbMOlRAmLzH3MkXLcLQsVnz/ABjLQKBgQDF\n"
    "Liz3+jcxcID74TWzlgIwu9vGyT4GMMqn8lgq7QeZ2rVYug5VWjuwN/HjA2+wL9Me\n"
    "ubJxh1uFozB1DLxow08kZ1jL9IzbyP8h1DrEFIg26/YFVOz6nsrrBf5OT0gbZXQU\n"
    "o6mfDALc8tF9RopG4EhRtt3lhleYRrpuY74VlTg+wwKBgQC0xfN/QujBihGgdLfo\n"
    "7/pYdgl3VzNuIu6UTXb5vLezdal7jBm9W88xlJuDb0BClWzIsCiQDN7g49GEPvP1\n"
    "O6Sq/6iZgHW+NnRrkcfV/mAalmt2DysgCqEsaUp98/iIW7kakW8V65JzOjcgTn2k\n"
    "SFEZe2eNyxqIkpvhWqubOAQSpQ==\n"
    "-----END PRIVATE KEY-----\n";

/// Too short.
inline constexpr std::string_view rsa_1024_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBANbp6zrNDhTu9POl\n"
    "oy4Phac0IgVfMM7fb9qeRGGsfxgFr2JQSoRkxHKoFt6cJCxr1cO/lMxN6CpA+Scr\n"
    "P6S3+eVE3FtlCwgMAQ0Cwm23cRbaP8ZPDfLXVLWFj7NRqWcdXA7FnRhVQ1mwKbkb\n"
    "9B2vP7m39RKoyt0chXlanXOesFZJAgMBAAECgYEAw+g2KsLTjFeLaTLbflhd8F5A\n"
    "iP8OAfaCAxp0oUjaDi7YgllIpEkrHo2FU2WoP+oI0cipPlfiQ+o4dPEiseeXXjAn\n"
    "BpGeZ6Y9jYHUiYWJO60opF+r4KjsnM7soC8QKwrjFjx9bFUbKv48njthWz0IVYay\n"
    "ZnoPo9gb6T5QMAQ/ZJECQQD5ac1Xe6OJDieAulIowLzuFDRhmhinoNt9HsmLDaf0\n"
    "8fIJ+B5huGmg747+7I+TgjuJJWwCHBpV1HrZMQi5l4lFAkEA3JbgjFY6NbvLb3N1\n"
    "RFi7SdIzXZBxBUue2SgdyUOAeoE9Hic7t7/rSLkRUK4sKSMwuEVdG21bVm8ZhK2q\n"
    "lVxvNQJAObiJpChh9XMII1t7biEE2FhmsvvVnt20TiWU4RB9AUwJBtOcPGNQVsV6\n"
    "I3cd1zZ5jsjRUT+tvJVbBO67JTBzvQJBALv0LrZEzmp0bf2zsgqfVE2tNikV5sct\n"
    "TNcZUG/p/THkps/nfAGwHGklj3RgQ651lpCcQZ4aCsZV+bdMRlnnnbUCQDU5TiHw\n"
    "xGq3JntPaUNaAVRHD65djYsmp2CygwPW5bvEBkx2BW6Q8M0gr4urpgB6PIy9lVB8\n"
    "hMXU45Vvr/1N+Fk=\n"
    "-----END PRIVATE KEY-----\n";

/// openssl pkcs12 -export, with a self-signed certificate; base64.
inline constexpr std::string_view certificate_base64 =
    "MIIEHAIBAzCCA9IGCSqGSIb3DQEHAaCCA8MEggO/MIIDuzCCAnIGCSqGSIb3DQEHBqCCAmMwggJf"
    "AgEAMIICWAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiESypIloWv"
    "3gICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEHUvGQYSAOgOcbQm+OzGP/eAggHwxEL/"
    "L6OD9GdjxZfnoxUZGO6GXyivR3cUUJqMNY98nsUsBIHzePlJY9owe+qwbeRffZy1GcRbr+r+plBv"
    "FXdT6kqi6kjH6/4fLea8+0ua0DLCv9aq0o4Uhzk5CWl65yG4bUBOvIkSPFN62XuoMiex+3+8etst"
    "V6lzBJoX9q1vK6VTQlINo4ZlOV2m1FDgE+vz+DHSlF0ePynMVOAk1XWKM491XezpsWuUEyfOrwWz"
    "jrmFvfK/AZhYI24YiV6AHmOQsmx8hbQwrLsj4WRsTFa4p6bOYAbWan9/oVCsUIG3SYjDpZrgIwoZ"
    "k7eUVux5Xyr/txgLF4PL2RUrnBCDB09VXK+jxEV3jqFq8BXugzYFRbNQVEsC/WpQm/K0mEkdpRsp"
    "RnBNrBvniZkWmg/duCPlGIY0g7UKUDjreDEY1kxJs5OCmE6vJczkozmnZrKigZ6ALmVtH2Sp8vss"
    "8Mo1B67HbTahq8nHIsB95K0vxu1XSvG+1YO+fPnAcyBMUWyJoin99Kpft4r21Hla9bgiwf2sQXPo"
    "8zbe4h7K/t42AS2zN6AxAlZEXm7fDM6ilULUehX2QGD4tzbtbQla911MIoUURdfIGLz/QQ8YN8XI"
    "l6Tbef1MF0m3ox0GgmNIEnfu+qAwbXkUBjvS2nvGLxPYPIFcdTCCAUEGCSqGSIb3DQEHAaCCATIE"
    "ggEuMIIBKjCCASYGCyqGSIb3DQEMCgECoIHvMIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEF"
    "DDAcBAhkHqiv/mEwrwICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEIgReBm/o6EkRpL+"
    "dGH5ZPgEgZDbAR5tqrBBYFnTiX8RRTWcBU/SdqXZYQCqLd6QQ2IEptkJg9IjYsWLgfLPbeQ67LmK"
    "uHMiyZ/gJnufBIWYlfANuwUyB73eHQLB7PgOsiEJhVt1gQZAg/y811jH0fMxEz3KCYwd5QkBqu3f"
    "08gf2VjvDcyofRLnOKPJw/DqGtm0Y88uUjiJis6qzi7Wr4ht+5UxJTAjBgkqhkiG9w0BCRUxFgQU"
    "u/1LJGmAVrhzBZ5QDQvHAb4nXhQwQTAxMA0GCWCGSAFlAwQCAQUABCAjypPxv0T6hSut8VpcHji4"
    "KEup8M+40bOiKTxzoOKmKAQIF+V1TiE/r+ECAggA";
// clang-format on

}  // namespace cryptoperiod::test
