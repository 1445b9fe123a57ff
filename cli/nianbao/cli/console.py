"""The encoding of the console: characters that it cannot show are escaped instead of ending the command."""

import codecs
import io
import sys

ERRORS = "nianbao-escape"  # the name by which codecs know how to escape


def escape_unencodable() -> None:
    r"""Have standard output and standard error write `\uXXXX` for a character that their encoding does not have.

    Consoles of Windows have cp936 or cp437, pipes the encoding of the environment; JSON reads such escapes.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)


def can_show(text: str) -> bool:
    """Tell whether standard output has all characters of a text."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end


codecs.register_error(ERRORS, _escape)
