"""The start: the language is known before the commands are, since their help is words too."""

import os
import sys

from typer import Abort
from typer.exceptions import TyperException

from nianbao.console import escape_what_cannot_be_shown
from nianbao.edge import STOPPED, stopped
from nianbao.speech import preferred, speak, taken


def main() -> None:
    """Run the command line."""
    escape_what_cannot_be_shown()
    asked, words = taken(sys.argv[1:])
    speak(asked or preferred(os.environ))
    from nianbao.app import app  # noqa: PLC0415  # see above
    from nianbao.command import mistaken  # noqa: PLC0415  # see above

    try:
        code = app(args=words, prog_name="report", standalone_mode=False)
    except TyperException as error:
        stopped(mistaken(error.format_message()))
        code = STOPPED
    except Abort:
        code = STOPPED
    sys.exit(code)


if __name__ == "__main__":
    main()
