"""The console: what its encoding cannot show is escaped, and ends no command."""

import codecs
import io
import sys

_HANDLER = "nianbao-escape"


def escape_unencodable() -> None:
    r"""Have standard output and errors write `\uXXXX` for a character that their encoding has not.

    Consoles of Windows speak cp936 or cp437, pipes what the environment says; JSON reads such escapes.
    """
    codecs.register_error(_HANDLER, _escape)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end
