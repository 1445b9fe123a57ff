"""The encoding of the console: characters that it cannot show are escaped instead of ending the command."""

import codecs
import io
import sys

_HANDLER = "nianbao-escape"


def escape_unencodable() -> None:
    r"""Have standard output and standard error write `\uXXXX` for a character that their encoding does not have.

    Consoles of Windows have cp936 or cp437, pipes the encoding of the environment; JSON reads such escapes.
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
