"""Signatures by which rows of the build cache are recognized as this user's: folders may come from strangers."""

import marshal
import os
import secrets
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from nianbao.workspace.staging import make_folder_beside

_SECRET_BYTES = 32


class Signer:
    """Signs values with the secret of this user, which is kept outside of every repository.

    Where the secret cannot be stored, each process has another one: nothing that an earlier run signed is accepted.
    """

    def __init__(self) -> None:
        self._secret = _load_secret()

    def sign(self, *values: str | bytes | float | None) -> str:
        """Return the signature of texts, bytes, numbers and Nones (32 hex digits), which nobody else can compute."""
        return blake2b(marshal.dumps(values, 2), key=self._secret, digest_size=16).hexdigest()  # 2: by value alone


def _load_secret() -> bytes:
    from platformdirs import user_state_path  # noqa: PLC0415  # few commands need it

    path = user_state_path("nianbao", appauthor=False) / "secret"
    if found := _read_secret(path):
        return found
    secret = secrets.token_bytes(_SECRET_BYTES)
    with suppress(OSError):
        _write_secret(path, secret)
    return _read_secret(path) or secret


def _read_secret(path: Path) -> bytes:
    """Read the secret; no bytes where there is none, or something else."""
    with suppress(OSError):
        if len(secret := path.read_bytes()) == _SECRET_BYTES:
            return secret
    return b""


def _write_secret(path: Path, secret: bytes) -> None:
    """Write the secret, readable by this user only, whole or not at all; one that another process has written stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with make_folder_beside(path.parent) as folder:
        part = folder / path.name
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
        try:
            os.link(part, path)
        except OSError:  # it is there, or the system has no such links
            if not _read_secret(path):
                part.replace(path)
