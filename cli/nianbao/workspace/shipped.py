"""Where the files are that come with the program, and the versions of the packages that it uses."""

import os
import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# In a wheel the templates lie inside the package, in a checkout beside cli/.
TEMPLATES = PACKAGE / "templates" if (PACKAGE / "templates").is_dir() else PACKAGE.parents[1] / "templates"


def find_version(package: str) -> str:
    """Return the version of an installed package, by the name of its folder of metadata: to parse that takes 8 ms.

    Raises `importlib.metadata.PackageNotFoundError` where it is not installed.
    """
    metadata = re.compile(rf"{re.escape(package)}-([^-]+)\.dist-info")
    for folder in sys.path:
        for name in os.listdir(folder) if os.path.isdir(folder) else ():  # noqa: PTH112, PTH208
            if match := metadata.fullmatch(name):
                return match[1]
    from importlib.metadata import version  # noqa: PLC0415  # slow to import

    return version(package)
