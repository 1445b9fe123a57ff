"""Why a file cannot be read, and what to do about it."""

from nianbao.finding import Stop

LIMIT = 200 * 2**20  # bytes of a file


class Unreadable(Stop):
    """A file that no reader can read."""
