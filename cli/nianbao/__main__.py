"""The entry: it imports next to nothing, so that Ctrl-C while the program is imported ends it without a word."""

import signal


def main() -> None:
    """Run the command line."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, as in a background job
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from nianbao.cli.start import main as run  # noqa: PLC0415  # see above

    run()


if __name__ == "__main__":
    main()
