"""Put the headings of groups where tables name the groups, before a form is made."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, Keys, suggest
from nianbao.model.open_rows.axes import Group
from nianbao.model.tables.headings import Block, Heading


class Groups:
    """The groups of an edition; headings that name the same group share its headings."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self._written = {group.id: group.headings for group in groups}
        self._known: dict[str, tuple[Heading, ...]] = {}

    def fill_blocks(self, blocks: Sequence[Block]) -> tuple[Block, ...]:
        """Return blocks with the headings of groups in their places."""
        return tuple(replace(block, rows=self.fill(block.rows), columns=self.fill(block.columns)) for block in blocks)

    def fill(self, headings: tuple[Heading, ...]) -> tuple[Heading, ...]:
        """Return headings with those of groups below them; one of neither id nor label is replaced by its group."""
        if not any(heading.group or heading.below for heading in headings):
            return headings
        return tuple(one for heading in headings for one in self._fill_heading(heading))

    def _fill_heading(self, heading: Heading) -> tuple[Heading, ...]:
        below = self._find(heading.group) if heading.group else self.fill(heading.below)
        is_in_place = heading.group and not (heading.id or heading.label or heading.each)
        return below if is_in_place else (replace(heading, group="", below=below),)

    def _find(self, group: str) -> tuple[Heading, ...]:
        if group not in self._known:
            self._known[group] = self.fill(self._written[group])
        return self._known[group]


def find_group_faults(groups: Sequence[Group], tables: Sequence[tuple[Keys, Sequence[Heading]]]) -> Iterator[Fault]:
    """Find groups that do not exist or contain themselves, and headings with a group and headings of their own.

    `tables` has the headings of tables, with the paths to them.
    """
    known = {group.id: group.headings for group in groups}
    ids = list(known)
    own = [((("groups", number, "headings")), group.headings) for number, group in enumerate(groups)]
    for keys, headings in (*own, *tables):
        for path, heading in list_headings(keys, headings):
            if heading.group and heading.group not in known:
                why = _("no-such-group", group=heading.group) + suggest(heading.group, ids)
                yield Fault((*path, "group"), why)
            if heading.group and heading.below:
                yield Fault((*path, "below"), _("group-beside-headings"), at_key=True)
    for number, group in enumerate(groups):
        if _contains(group.id, group.id, known, set()):
            yield Fault(("groups", number, "headings"), _("group-contains-itself", group=group.id))


def _contains(group: str, wanted: str, known: Mapping[str, Sequence[Heading]], seen: set[str]) -> bool:
    if group in seen:
        return False
    seen.add(group)
    named = [heading.group for _path, heading in list_headings((), known.get(group, ())) if heading.group]
    return wanted in named or any(_contains(name, wanted, known, seen) for name in named)


def list_headings(keys: Keys, headings: Sequence[Heading]) -> Iterator[tuple[Keys, Heading]]:
    """List the headings of a tree as it is written, with the paths to them."""
    for number, heading in enumerate(headings):
        yield (*keys, number), heading
        yield from list_headings((*keys, number, "below"), heading.below)
