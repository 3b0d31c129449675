"""Two keys for the bundles of update.py, fixed so that a seed leads the same life. They guard nothing."""

from cryptography.hazmat.primitives.asymmetric import rsa

_OWN_P = (
    "e14709c04e962a50d568e7677b057a13aa724e92e1c9e5ffd654853c15577bccc7a7d0fc4e33514d5a5bda13c9d1887c"
    "3fea62cef0404f4ac3352cb72b7aa6de12d15214dd65f4148c69af6cc243ccbcadc05ec582fc3974ec5e63e706a4eeca"
    "1e25feb432c8680d14bbc4752bdfcdd692a2279dd07ec749569923dc007d1dfdbd7d009737a60348eac168e5a538b4d8"
    "ec7354f044d241411756a6b81f6704fee1edf7454dfd75e85fea792d821260f87a1029ad18cc12600b957110402c01cd"
)
_OWN_Q = (
    "d4991dcb72c035fcd2030191503c3400513a61892884ff3f976ba0a70ab4b51b22ffb945122eaa5a2a72c5247712c098"
    "4990abe10515eba97c4d34b2b34d26aa3f343f88dad57a7124212044faed3d602913843cf8267360a9851bd08ce85fd2"
    "4866cb75c34e936a9375cf24222b2da35631576ab51531101720bf4ef6601f862e116a541121e3d1592111b98ae94ebf"
    "0819f8ddfe3bb534f7f7167b26bd467672e1501d5f8d10fc4c9b9a0089bf5946382aeb89aa025b7bc0032fa2a485a353"
)
_OTHER_P = (
    "eccaa31efb1c91099ad1fc5ce947727b372a5f6f63586837b1f699c9c006774fb4be4c7d24d57fdde7a250141d1e6e32"
    "7fb92dbdcc639f9039fdb032cbe6adcb947f4f93717944be7e6ebfebf3b73ac6ce1caaa1751aab4e7b04372f35eba232"
    "0915f5f8ee0d95edc14b3d15578262f411496d2fd33da5ffc16f186dd5bf6c79bd0a053ce2442edefaf8cd62b987e53e"
    "44e67f70537e096feb856b8f44b804f31c01399292b2b5d877a2e5b867a70f22b50a1232e3b33abbe9c66e2eb62938e1"
)
_OTHER_Q = (
    "ce9caca92b702d9ee4ed85b09381ee2713ebaf9ae4e549714cd625112f6a0c5675accd2f1a5e297c57389fa946b557c7"
    "e95d6c9fc6c3529ef28297d75b56d5031f243d1221b22d641e1d0e1ae87a45f7579c899d5c2e8a89c1bd6c6098226d7d"
    "8b75469eb7b40ed22b34b00229c8409e60be4aea255f482ff15f58cdab510f785852bf74d6fbfabbf123f0f759f7a4e5"
    "7ff3ce209c570e305f54f68047abbfa245c2a983551bcf95611214150187121c95fa07a1073228b5a983f12a62214a61"
)


def _key(p_hex: str, q_hex: str) -> rsa.RSAPrivateKey:
    return rsa.RSAPrivateNumbers(*_numbers(int(p_hex, 16), int(q_hex, 16))).private_key()


def _numbers(p: int, q: int) -> tuple[int, int, int, int, int, int, rsa.RSAPublicNumbers]:
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public


OWN = _key(_OWN_P, _OWN_Q)
OTHER = _key(_OTHER_P, _OTHER_Q)
