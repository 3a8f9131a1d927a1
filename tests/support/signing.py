"""Keys of tests, as ssh-keygen and openssl write them."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


def pair(*, is_openssh=True):
    """The text of a private key, and the line of its public half."""
    key = Ed25519PrivateKey.generate()
    form = PrivateFormat.OpenSSH if is_openssh else PrivateFormat.PKCS8
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode(), f"{public} release@example.org"
