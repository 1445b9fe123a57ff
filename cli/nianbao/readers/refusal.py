"""Why a file cannot be read, and what to do about it."""

from nianbao.finding import Stop


class Unreadable(Stop):
    """A file that no reader can read."""
