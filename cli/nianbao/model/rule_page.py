"""The page of a rule: paragraphs, the first of which is one sentence about the fault, and indented examples."""


def split_page(page: str) -> list[str]:
    """Split a page into paragraphs and indented blocks; a blank line between indented lines belongs to the block."""
    parts: list[str] = []
    for part in page.split("\n\n"):
        if parts and part.startswith(" ") and parts[-1].startswith(" "):
            parts[-1] += f"\n\n{part}"
        else:
            parts.append(part)
    return parts


def translate_page(page: str, translation: str) -> str:
    """Return the paragraphs of a translation with the examples of the page."""
    paragraphs = iter(translation.split("\n\n"))
    return "\n\n".join(part if part.startswith(" ") else next(paragraphs, "") for part in split_page(page))


def add_paragraphs(page: str, paragraphs: str) -> str:
    """Return a page with more paragraphs, before its examples and the word above the first of them."""
    parts = split_page(page)
    first = next((number for number, part in enumerate(parts) if part.startswith(" ")), len(parts) + 1)
    return "\n\n".join((*parts[: first - 1], paragraphs, *parts[first - 1 :]))
