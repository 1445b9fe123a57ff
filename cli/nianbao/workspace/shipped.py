"""Where the files are that come with the program."""

from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# In a wheel the templates lie inside the package, in a checkout beside cli/.
TEMPLATES = PACKAGE / "templates" if (PACKAGE / "templates").is_dir() else PACKAGE.parents[1] / "templates"
