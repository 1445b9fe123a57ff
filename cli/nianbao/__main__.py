"""The start: the language is known before the commands are, since their help is words too."""

import os
import sys
from contextlib import suppress

from typer import Abort
from typer.exceptions import TyperException

from nianbao.console import escape_what_cannot_be_shown
from nianbao.edge import STOPPED, stopped, unsaid
from nianbao.speech import preferred, speak, taken


def main() -> None:
    """Run the command line."""
    escape_what_cannot_be_shown()
    asked, words = taken(sys.argv[1:])
    speak(asked or preferred(os.environ))
    _opened()
    if sys.stdout is None:
        stopped(unsaid())
        sys.exit(STOPPED)
    from nianbao.app import app  # noqa: PLC0415  # see above
    from nianbao.command import mistaken  # noqa: PLC0415  # see above

    try:
        code = app(args=words, prog_name="report", standalone_mode=False)
        sys.stdout.flush()
    except TyperException as error:
        stopped(mistaken(error.format_message()))
        code = STOPPED
    except Abort:
        code = STOPPED
    except BrokenPipeError:  # nobody reads on
        code = STOPPED
    except OSError as error:  # what is written to a file that cannot take it
        stopped(unsaid(error))
        code = STOPPED
    _closed()
    sys.exit(code)


def _opened() -> None:
    """Put something in the place of streams that a shell has closed: else a file that is opened takes their number."""
    while (file := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004  # the number of standard error
        pass
    os.close(file)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # open to the end


def _closed() -> None:
    """Write out what is left, or drop it where it cannot be written: Python would print a traceback of that."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
