"""Strings with the quotation marks of an input method, without their end, or with quotation marks within."""

import re

from nianbao.model.i18n import N_
from nianbao.model.parsing.cursor import Cursor
from nianbao.model.parsing.signs import DOUBLE_QUOTES, QUOTES

_ANY, _DOUBLE = f"[{re.escape(QUOTES)}]", f"[{re.escape(DOUBLE_QUOTES)}]"
_BASIC = re.compile(r'"(?>(?:[^"\\\n]|\\[^\n])*)"')
_LITERAL = re.compile(r"'[^'\n]*+'")
_THREE = re.compile(f"{_DOUBLE}{{3}}|'''|{_ANY}{{3}}(?=[ \t\r]*+\n)")
_ESCAPE = re.compile(
    r"\\(?:[\"\\bfnrte]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|[ \t]*+\r?\n|(?P<wrong>[\s\S]))"
)
_OPENED_BELOW = re.compile(r"[ \t]*+[\w.-]++[ \t]*+=[ \t]*+$")
# A line that begins a table or an entry, and so cannot be a part of a text.
_STATEMENT_LINE = re.compile(
    r"^[ \t]*+(?:\[{1,2}[ \t]*+[A-Za-z][\w.-]*+[ \t]*+\]{1,2}[ \t\r]*+(?:#[^\n]*+)?$|[A-Za-z][\w.-]*+[ \t]*+=)",
    re.MULTILINE,
)
# What follows the end of a string, by where the string stands.
_AFTER = {
    "line": r"(?=[ \t\r]*+[,;.]?[ \t\r]*+(?:#|\n|\Z))",
    "row": r"(?=[ \t\r]*+(?:[,;}#]|\n|\Z))",
    "list": r"(?=[ \t\r]*+(?:[,;\]#]|\n|\Z))",
}
_ENDS = {context: re.compile(after) for context, after in _AFTER.items()}
_OPEN_ENDS = {
    "line": re.compile(r"(?>(?:(?![ \t]#)[^\n])*)"),
    "row": re.compile(r"(?>(?:(?!,[ \t]*+[\w.]++[ \t]*+=|\})[^\n])*)"),
    "list": re.compile(r"[^\n,\]]*+"),
}
_CLOSINGS = {context: re.compile(f"[^\n]*?{_ANY}{after}") for context, after in _AFTER.items()}
_INNER = re.compile(f"{_DOUBLE}([^{re.escape(DOUBLE_QUOTES)}\\\\]*+){_DOUBLE}")
_SEVERAL = re.compile(rf"{_INNER.pattern}(?>(?:[ \t]*+,[ \t]*+{_INNER.pattern})+)")
_COMMA_WITHIN = re.compile('[,\uff0c\u3001]""')
_MOST_MARKS = 20  # of three each within a text
_LAST_CLOSING = re.compile(f"[^\n#]*{_ANY}{_AFTER['line']}")


class StringScanner(Cursor):
    """Reads the strings of a text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._closings: dict[str, int] = {}  # by the marks of texts of several lines: the next place that ends one
        self._open_until: dict[str, int] = {}  # by where strings stand: up to there no more string ends on its line

    def scan_string(self, context: str) -> None:
        """Read the string that begins here, on a `line`, in a `row` or in a `list`."""
        start = self.at
        if _THREE.match(self.text, start):
            self._scan_many_lines(start)
            return
        proper = (_BASIC if self.text[start] == '"' else _LITERAL).match(self.text, start)
        if proper and not self._has_more(proper.end(), context):
            self._check_escapes(start, proper.end())
            self.passed.append(proper.span())
            self.at = proper.end()
        else:
            self._scan_odd(start, context)

    def _has_more(self, end: int, context: str) -> bool:
        """Return whether a string seems to go on behind the mark that ends it."""
        if _ENDS[context].match(self.folded, end):
            return False
        if context == "line":
            return bool(_LAST_CLOSING.match(self.folded, end))
        return not self.folded[end : end + 1].isspace()

    def _check_escapes(self, start: int, end: int) -> None:
        if self.text[start] != '"' or "\\" not in self.text[start:end]:
            return
        for match in _ESCAPE.finditer(self.text, start, end):
            if match["wrong"]:
                self.add(match.start(), match.start() + 1, N_("slip-escape"), "\\\\")

    # ── on one line ─────────────────────────────────────────────────────────────

    def _scan_odd(self, start: int, context: str) -> None:
        """Read a string whose quotation marks are not those of TOML, or of which one is missing."""
        closing = None
        if start >= self._open_until.get(context, 0):
            closing = (_LAST_CLOSING if context == "line" else _CLOSINGS[context]).match(self.folded, start + 1)
        if not closing:
            self._open_until[context] = self.find_line_end(start)
            self._scan_open(start, context)
            return
        end = closing.end()
        inner = self.text[start + 1 : end - 1]
        self.passed.append((start + 1, end - 1))
        self.at = end
        mark = next((sign for sign in (self.text[start], self.text[end - 1]) if sign in "\"'"), '"')
        if _SEVERAL.fullmatch(self.folded, start, end):
            texts = _quote_each(self.text[start:end])
            self.add(start, end, N_("slip-texts-without-brackets"), texts)
        elif mark in inner or "\\" in inner:
            self.add(start, end, N_("slip-quotes-within"), _quote_within(inner))
        elif not _is_balanced(inner):
            self._scan_unbalanced(start, end)
        else:
            for at in (start, end - 1):
                if self.text[at] != mark:
                    self.add(at, at + 1, N_("slip-wide-sign"), mark, certain=True)

    def _scan_unbalanced(self, start: int, end: int) -> None:
        """Read a string that ends with a mark which may belong to words within: one of the two is missing."""
        if self.text[start] not in "\"'" or self.text[end - 1] in "\"'":
            self.add(start, end, N_("slip-quotes-within"), _quote_within(self.text[start + 1 : end - 1]))
        elif _is_balanced(self.text[start + 1 : end]):
            self.add(end, end, N_("slip-quote-open"), self.text[start])
        else:
            self.add(end - 1, end, N_("slip-wide-sign"), self.text[start])

    def _scan_open(self, start: int, context: str) -> None:
        """Read a string without an end on its line."""
        line_end = self.find_line_end(start)
        if context == "line" and (closing := self._find_end_below(line_end)):
            end = closing + 1
            if self.text[end - 3 : end] == '"""':
                closing = end - 3
            else:
                self.add(closing, end, "", '"""')
            self.add(start, start + 1, N_("slip-needs-three-quotes"), '"""')
            self.passed.append((start + 1, closing))
            self.at = end
            return
        match = _OPEN_ENDS[context].match(self.folded, start + 1)
        end = match.end() if match else line_end
        end = start + 1 + len(self.text[start + 1 : end].rstrip())
        self.passed.append((start + 1, end))
        mark = self.text[start] if self.text[start] in "\"'" else '"'
        if self.text[start] != mark:
            self.add(start, start + 1, N_("slip-wide-sign"), mark, certain=True)
        self.add(end, end, N_("slip-quote-open"), mark if mark not in self.text[start + 1 : end] else None)
        self.at = end

    def scan_words_below(self, start: int = -1) -> bool:
        """Read lines of words without quotation marks below an entry; return whether there are any.

        The text begins with them, or at its `start` on the line of the entry.
        """
        line_end = self.find_line_end(self.at)
        statement = _STATEMENT_LINE.search(self.text, line_end)
        lines = self.text[line_end : statement.start() if statement else self.size].rstrip()
        words = lines.removesuffix('\n"""')
        if not words or words.lstrip()[0] in "#[{" or set(words).intersection('="'):
            return False
        end = line_end + len(lines)
        self.passed.append((line_end if start < 0 else start, end))
        at, opening = (self.at, ' """') if start < 0 else (start, '"""')
        self.add(at, at, N_("slip-needs-three-quotes"), opening)
        if words == lines:
            self.add(end, end, "", '\n"""')
        self.at = end
        return True

    def _find_end_below(self, line_end: int) -> int:
        """Find the mark that ends a text of several lines which began with a single mark; 0 where there is none."""
        statement = _STATEMENT_LINE.search(self.text, line_end)
        limit = statement.start() if statement else self.size
        end = line_end + len(self.text[line_end:limit].rstrip()) - 1
        lines = self.text[line_end:end].removesuffix('""')
        return end if end > line_end and self.text[end] in DOUBLE_QUOTES and '"' not in lines else 0

    # ── on several lines ────────────────────────────────────────────────────────

    def _scan_many_lines(self, start: int) -> None:
        """Read a text in three quotation marks."""
        opening = self.text[start : start + 3]
        proper = opening if opening in {'"""', "'''"} else '"""'
        if opening != proper:
            self.add(start, start + 3, N_("slip-wide-sign"), proper, certain=True)
        end = self._find_closing(start + 3, proper)
        above = self.text.rfind("\n", start + 3, max(end, start + 3)) + 1
        if end < 0 or (above and _OPENED_BELOW.match(self.text[above:end])):
            self._scan_open_text(start, proper)
            return
        if self._scan_marks_within(start, end, proper):
            return
        self.passed.append((start, end + 3))
        if proper == '"""':
            self._check_escapes(start, end)
        if self.text[end : end + 3] != proper:
            self.add(end, end + 3, N_("slip-wide-sign"), proper, certain=True)
        self.at = end + 3
        while self.is_at(proper[0]):  # up to two more marks belong to the text
            self.at += 1

    def _scan_marks_within(self, start: int, end: int, proper: str) -> bool:
        """Read a text with three marks within, before its own ones at the end of a line; return whether it is one."""
        if _ENDS["line"].match(self.folded, end + 3) or self.text[end + 3 : end + 4] == proper[0]:
            return False
        statement = _STATEMENT_LINE.search(self.text, end)
        limit = statement.start() if statement else self.size
        text = self.text[start:limit].rstrip()
        marks = [match.start() + start for match in re.finditer(proper, text)]
        if not text.endswith(proper) or len(marks) % 2 or '"' in text.replace(proper, "") or len(marks) > _MOST_MARKS:
            return False
        for number, at in enumerate(marks[1:-1]):
            self.passed.append((marks[number] + 3, at))
            self.add(at, at + 3, N_("slip-quotes-within"), DOUBLE_QUOTES[1 + number % 2])
        self.passed.append((marks[-2] + 3, marks[-1] + 3))
        self.at = start + len(text)
        return True

    def _find_closing(self, at: int, proper: str) -> int:
        """Find the three marks that end a text: those of TOML, or others alone on a line; -1 where there are none."""
        known = self._closings.get(proper, 0)
        if 0 <= known < at:
            matches = _CLOSING_TEXTS[proper].finditer(self.text, at)
            known = self._closings[proper] = next((match.start() for match in matches if match["end"]), -1)
        return known

    def _scan_open_text(self, start: int, proper: str) -> None:
        """Read a text of several lines without an end: it ends before the next line that begins something else."""
        line_end = self.find_line_end(start)
        statement = _STATEMENT_LINE.search(self.text, line_end)
        limit = statement.start() if statement else self.size
        end = line_end + len(self.text[line_end:limit].rstrip())
        has_less = re.search(rf"(?<=\n){proper[0]}{{1,2}}\Z", self.text[line_end:end])  # than three marks
        end -= len(has_less[0]) if has_less else 0
        self.passed.append((start, end))
        mark_end = end + len(has_less[0]) if has_less else end
        self.add(end, mark_end, N_("slip-text-open"), proper, first=self.count_line(start))
        self.at = mark_end


_CLOSING_TEXTS = {
    '"""': re.compile(rf'\\[\s\S]|(?P<end>"""|(?<=\n){_DOUBLE}{{3}}(?=[ \t\r]*+(?:\n|\Z)))'),
    "'''": re.compile(rf"(?P<end>'''|(?<=\n){_ANY}{{3}}(?=[ \t\r]*+(?:\n|\Z)))"),
}


def _is_balanced(inner: str) -> bool:
    """Return whether the quotation marks within a text come in pairs, so that the outer ones are not among them."""
    opening, closing = DOUBLE_QUOTES[1], DOUBLE_QUOTES[2]
    depth = 0
    for sign in inner:
        depth += (sign == opening) - (sign == closing)
        if depth < 0:
            return False
    return depth == 0


def _quote_within(inner: str) -> str | None:
    """Quote a text, with Chinese quotation marks in the place of straight ones; None where they are in no pairs.

    A comma in front of two marks is the one between two texts, that was written within the first.
    """
    if _COMMA_WITHIN.search(inner):
        return f'"{_COMMA_WITHIN.sub(chr(34) + ", " + chr(34), inner)}"'
    parts = inner.split('"')
    if "\\" in inner or len(parts) % 2 == 0:
        return None
    return f'"{"".join(f"{part}{DOUBLE_QUOTES[1 + at % 2]}" for at, part in enumerate(parts[:-1]))}{parts[-1]}"'


def _quote_each(texts: str) -> str:
    """Write texts in quotation marks as an array."""
    quoted = [f'"{match[1]}"' for match in _INNER.finditer(texts)]
    return f"[{', '.join(quoted)}]"
