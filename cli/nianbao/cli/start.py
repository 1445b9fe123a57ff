"""The start: the language is known before the commands are, since their help is words too."""

import gc
import os
import signal
import sys
from _thread import interrupt_main
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from threading import Timer, get_ident
from typing import TYPE_CHECKING

from typer import Abort
from typer.exceptions import TyperException

from nianbao.cli.console import can_show, escape_unencodable
from nianbao.cli.errors import EXIT_FAILED, make_interruption_error, make_output_error, print_error, print_warning
from nianbao.model.i18n import _
from nianbao.workspace.locales import detect_language, extract_option, is_outdated, use_language
from nianbao.workspace.processes.task import tune_garbage_collector

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_INTERRUPTED = 130  # what typer makes of Ctrl-C before a command is at work
# What ends a command as Ctrl-C does.
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

_REPEAT_SECONDS = 0.05  # until a signal that Python has ignored comes again


def main() -> None:
    """Run the command line, with Ctrl-C as the entry leaves it: it ends the program until its language is known."""
    escape_unencodable()
    # Where a signal is ignored, whoever began the command wants it so, as `nohup` does.
    endings = [number for number in (signal.SIGINT, *_ENDING) if signal.getsignal(number) is signal.SIG_DFL]
    try:
        code = _run(endings)
        _reset_signals(endings)
    except KeyboardInterrupt:
        _reset_signals(endings)
        print_error(make_interruption_error())
        code = EXIT_FAILED
    _closed()
    limits = sys.modules.get("nianbao.workspace.processes.limits")  # many commands have no use for it
    if limits and limits.has_unfinished_work():  # what a native library goes on with would keep Python from ending
        os._exit(code)
    gc.freeze()  # or Python would search all that is left for cycles, for a tenth of the time of a command
    sys.exit(code)


def _reset_signals(numbers: Sequence[signal.Signals]) -> None:
    """Let signals end the program without a word: its work is done, and nothing catches an exception any more."""
    for number in (*numbers, signal.SIGINT):
        if signal.getsignal(number) is signal.default_int_handler:
            signal.signal(number, signal.SIG_DFL)


def _run(endings: Sequence[signal.Signals] = ()) -> int:
    asked, words = extract_option(sys.argv[1:])
    language = asked or detect_language(os.environ)
    use_language(language)
    if not asked and not can_show(_("list-separator")):  # words that a person can read in place of escapes
        language = "en"
        use_language(language)
    for number in endings:
        signal.signal(number, signal.default_int_handler)
    _repeat_ignored(endings)
    _opened()
    if sys.stdout is None:
        print_error(make_output_error())
        return EXIT_FAILED
    tune_garbage_collector()
    from nianbao.cli.app import load_app  # noqa: PLC0415  # see above
    from nianbao.cli.command import make_usage_error  # noqa: PLC0415  # see above

    try:
        if is_outdated(language):
            print_warning(_("catalogues-not-compiled"))
        code = int(load_app(words)(args=words, prog_name="report", standalone_mode=False) or 0)
        sys.stdout.flush()
    except TyperException as error:
        print_error(make_usage_error(error, words))
        return EXIT_FAILED
    except Abort:
        return EXIT_FAILED
    except BrokenPipeError:  # nobody reads on
        return EXIT_FAILED
    except OSError as error:  # what is written to a file that cannot take it
        print_error(make_output_error(error))
        return EXIT_FAILED
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    return code


def _repeat_ignored(endings: Sequence[signal.Signals]) -> None:
    """Let a signal come again that came in the callback of a weak reference or a `__del__`, where Python ignores it."""
    # A real signal, where there is such, also wakes what waits.
    send = partial(signal.pthread_kill, get_ident()) if hasattr(signal, "pthread_kill") else interrupt_main

    def repeat(ignored: "UnraisableHookArgs") -> None:
        if ignored.exc_type is KeyboardInterrupt and endings:
            timer = Timer(_REPEAT_SECONDS, send, (endings[0],))
            timer.daemon = True
            timer.start()
        else:
            sys.__unraisablehook__(ignored)

    sys.unraisablehook = repeat


def _opened() -> None:
    """Put something in the place of streams that a shell has closed: else a file that is opened takes their number."""
    while (file := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004  # the number of standard error
        pass
    os.close(file)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # open to the end


def _closed() -> None:
    """Write out what is left, or drop it where it cannot be written: Python would print a traceback of that."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
