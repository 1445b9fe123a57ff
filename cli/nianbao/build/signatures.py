"""What this user wrote is known again by a seal: the record of builds lies in folders that strangers may hand over."""

import marshal
import os
import secrets
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from nianbao.workspace.staging import beside

_SECRET_BYTES = 32


class Signer:
    """Seals with the secret of this user, kept outside of every repository.

    Where the secret cannot be kept, it is another one in each process: nothing of an earlier run is known again.
    """

    def __init__(self) -> None:
        self._secret = _load_secret()

    def __call__(self, *values: str | bytes | float | None) -> str:
        """Return the seal of texts, bytes, numbers and Nones, which nobody else can make."""
        return blake2b(marshal.dumps(values, 2), key=self._secret, digest_size=16).hexdigest()  # 2: by value alone


def _load_secret() -> bytes:
    from platformdirs import user_state_path  # noqa: PLC0415  # few commands need it

    path = user_state_path("nianbao", appauthor=False) / "secret"
    with suppress(OSError):
        if len(found := path.read_bytes()) == _SECRET_BYTES:
            return found
    made = secrets.token_bytes(_SECRET_BYTES)
    with suppress(OSError):
        _write_secret(path, made)
    return made


def _write_secret(path: Path, secret: bytes) -> None:
    """Write the secret for this user's eyes only, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with beside(path.parent) as folder:
        part = folder / path.name
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
        part.replace(path)
