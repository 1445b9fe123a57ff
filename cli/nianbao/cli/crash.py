"""What a person is told when a native library crashes: after a crash this process runs no Python any more."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from nianbao.cli.terminal import escape_controls
from nianbao.model.finding import UserError
from nianbao.model.i18n import _

_PRINT_UNLESS_ENDED = 'read -r end || printf "%s\\n" "$@" >&2'


@contextmanager
def report_crash(error: UserError | None) -> Iterator[None]:
    """Have an error, if there is one, printed if this process crashes or is killed within the block.

    A shell waits for a line from this process, and prints the error if its input ends without one. It starts within a
    millisecond, where a second Python would need thirty. On Windows nothing is printed.
    """
    if error is None or os.name != "posix":
        yield
        return
    import subprocess  # noqa: PLC0415  # the commands that start no program need not import it

    lines = _("error-line", message=error.message), _("fix-line", fix=error.fix)
    command = ["/bin/sh", "-c", _PRINT_UNLESS_ENDED, "sh", *map(escape_controls, lines)]
    # In a session of its own: a signal to this process's group must not end the shell first.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True) as shell:  # noqa: S603  # a fixed command
        try:
            yield
        finally:
            with suppress(OSError):  # something has ended the shell
                shell.communicate(b"end\n")
