"""The start: the language is known before the commands are, since their help is words too."""

import os
import signal
import sys
from contextlib import suppress

from typer import Abort
from typer.exceptions import TyperException

from nianbao.edge import STOPPED, interrupted, stopped
from nianbao.fence import unfinished
from nianbao.speech import preferred, speak, taken

_INTERRUPTED = 130  # what typer makes of Ctrl-C before a command is at work
# What ends a command as Ctrl-C does.
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def main() -> None:
    """Run the command line."""
    try:
        for number in _ENDING:
            if signal.getsignal(number) is signal.SIG_DFL:  # else whoever began it wants it otherwise, as `nohup` does
                signal.signal(number, signal.default_int_handler)
        code = _run()
    except KeyboardInterrupt:
        stopped(interrupted())
        code = STOPPED
    if unfinished():  # what a native library goes on with would keep Python from ending
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _run() -> int:
    asked, words = taken(sys.argv[1:])
    speak(asked or preferred(os.environ))
    from nianbao.app import app  # noqa: PLC0415  # see above
    from nianbao.command import mistaken  # noqa: PLC0415  # see above

    try:
        code = int(app(args=words, prog_name="report", standalone_mode=False) or 0)
    except TyperException as error:
        stopped(mistaken(error.format_message()))
        return STOPPED
    except Abort:
        return STOPPED
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    return code


if __name__ == "__main__":
    main()
