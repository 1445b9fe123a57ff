"""Seeded reports of providers of every kind, in which all adds up: what is wrong in a copy is the mistake made."""

from datetime import date
from decimal import Decimal

import tomli_w

from nianbao.model.file_sets.rows import list_patterns
from nianbao.model.period import Period

PERIODS = {
    "intermediary": Period(2026),
    "hosting": Period(2026),
    "platform": Period(2026),
    "vlop": Period(2026, "H1"),
    "vlose": Period(2026, "H2"),
}
HOSTING, PLATFORM = {"hosting", "platform", "vlop"}, {"platform", "vlop"}
TEXTS = ("plain", 'with "quotes", commas; and\nlines', "=1+1", "’…年\u00a0x", "'''", "0", "TOTAL")
MEDIANS = {
    "orders": {
        "receipt_median": "received",
        "effect_median": "received",
        "information_receipt_median": "information",
        "information_effect_median": "information",
    },
    "notices": {"median": "received", "median_trusted": "trusted"},
}
GROUNDS = ("visibility", "service", "account", "monetary", "notice", "notice_trusted")
DECISIONS = ("upheld", "partial", "reversed")


class Maker:
    """Makes the data of one report."""

    def __init__(self, form, provider, random):
        self.form, self.provider, self.random = form, provider, random
        self.tables = {table.id: table for table in form.tables}

    def make(self):
        """Make the tree of values of a data file."""
        tree = {"provider": {"name": "Provider AG", "kind": self.provider}, "service": {"name": "Service, the first"}}
        tree |= {"published": date(2026 if self.provider.startswith("vlo") else 2027, 2, 20)}
        if self.provider.startswith("vlo"):
            tree["published"] = date(2026, 8, 20) if self.provider == "vlop" else date(2027, 2, 20)
        tree["report"] = {"previous": date(2026, 2, 10)}
        tree["orders"] = self.make_orders()
        for table in ("notices", "illegal", "terms"):
            if table != "notices" or self.provider in HOSTING:
                tree[table] = self.make_block(table, self.draw_entries(table))
        tree["appeals"] = self.make_appeals()
        tree["automated"] = self.make_automated(tree)
        if self.provider == "vlop":
            tree["staff"] = self.make_staff()
        if self.provider.startswith("vlo"):
            tree["recipients"] = self.make_recipients()
        tree["qualitative"] = {
            fact.id.partition(".")[2]: self.random.choice(TEXTS) + " text"
            for fact in self.form.facts
            if fact.id.startswith("qualitative.") and (not fact.when or self.provider == "vlop")
        }
        return tree

    # ── tables of categories ──

    def list_categories(self, table):
        """List the categories of a table with their sub-categories; a category without any is a row itself."""
        found = {}
        for pattern in list_patterns(self.tables[table]):
            ids = [heading.id for heading in pattern.path if heading.id]
            ids = ids[1:] if table == "orders" else ids
            if len(ids) > 1:
                found.setdefault(ids[0], []).extend(
                    ids[2:] if ids[1] == "sub" else ["other"] if ids[1] == "other" else []
                )
        return found

    def draw_entries(self, table):
        """Draw for each category how its own sub-categories are described."""
        return {
            category: [f"{self.random.choice(TEXTS)} {number}" for number in range(self.random.choice((0, 0, 0, 1, 2)))]
            for category, below in self.list_categories(table).items()
            if "other" in below
        }

    def draw(self):
        return self.random.choice((0, 0, 0, 1, self.random.randrange(1, 40), self.random.randrange(1, 10**6)))

    def draw_hours(self):
        return Decimal(self.random.randrange(1, 10**4)).scaleb(-1)

    def draw_row(self, table):
        """Draw the figures of a row that has no parts."""
        if table == "orders":
            received = self.draw()
            row = {
                "received": received,
                "items": received + (self.draw() if received else 0),
                "information": self.draw(),
            }
        elif table == "notices":
            received = self.draw()
            trusted = self.random.randrange(received + 1)
            items, items_trusted = received + (self.draw() if received else 0), trusted
            law, terms = (self.random.randrange(items + 1) for _ in range(2))
            row = {"received": received, "trusted": trusted, "items": items, "items_trusted": items_trusted}
            row |= {"law": law, "law_trusted": min(law, trusted), "terms": terms, "terms_trusted": min(terms, trusted)}
        else:
            measures = self.draw()
            removed = self.random.randrange(measures + 1)
            row = {"measures": measures, "automated": self.random.randrange(measures + 1)}
            row |= {"visibility_removal": removed, "account_suspension": measures - removed}
        return row | self.draw_medians(table, row)

    def draw_medians(self, table, row):
        found = {median: self.draw_hours() for median, count in MEDIANS.get(table, {}).items() if row[count]}
        if self.random.random() < 0.05:
            column = next(iter(row))
            found[f"{column}_context"] = f"{self.random.choice(TEXTS)} context"
        return found

    def add_up(self, table, rows, *, medians=True):
        """Make the row of a whole: the sums of its parts, and medians between theirs."""
        numbers = {column for row in rows for column, value in row.items() if isinstance(value, int)}
        whole = {column: sum(row.get(column, 0) for row in rows) for column in sorted(numbers)}
        for median, count in MEDIANS.get(table, {}).items():
            if whole.get(count) and medians:
                said = sorted(row[median] for row in rows if median in row)
                whole[median] = said[len(said) // 2]
        return whole

    def make_block(self, table, entries, make_row=None):
        """Make the rows of all categories, and their sums; `make_row` gives those that have no parts."""
        make_row = make_row or (lambda *_place: self.draw_row(table))
        block, wholes = {}, []
        for category, below in self.list_categories(table).items():
            own = {}
            for sub in below:
                if sub != "other":
                    own.setdefault("sub", {})[sub] = make_row(category, "sub", sub)
                elif entries[category]:
                    own["other"] = [
                        {"description": text} | make_row(category, "other", number)
                        for number, text in enumerate(entries[category])
                    ]
            parts = [*own.get("sub", {}).values(), *own.get("other", ())]
            own["total"] = self.add_up(table, parts) if parts else make_row(category, "total", "")
            wholes.append(own["total"])
            block[category] = own
        block["total"] = self.add_up(table, wholes)
        return block

    def make_orders(self):
        """Make the blocks of some states, and their sums."""
        codes = [code.id for code in self.form.axes["states"].codes]
        entries = self.draw_entries("orders")
        states = {
            code: self.make_block("orders", entries)
            for code in self.random.sample(codes, self.random.choice((0, 1, 2, 3)))
        }

        def add_states(category, kind, key):
            rows = [
                block[category][kind] if kind == "total" else block[category][kind][key] for block in states.values()
            ]
            return self.add_up("orders", rows)

        orders = {"total": self.make_block("orders", entries, add_states if states else None)}
        return orders | ({"state": states} if states else {})

    # ── parts 7 to 10 ──

    def make_decisions(self, total):
        upheld = self.random.randrange(total + 1)
        partial = self.random.randrange(total - upheld + 1)
        return {"total": total, "upheld": upheld, "partial": partial, "reversed": total - upheld - partial}

    def make_appeals(self):
        if self.provider not in PLATFORM:
            return {"complaints": {"all": {"total": {"value": self.draw()}}}}
        grounds = {ground: self.make_decisions(self.draw()) for ground in GROUNDS}
        whole = {key: sum(one[key] for one in grounds.values()) for key in ("total", *DECISIONS)}
        disputes = self.make_decisions(self.draw())
        suspensions = {one: {"total": {"value": self.draw()}} for one in ("illegal", "notices", "complaints")}
        found = {"complaints": {"imposed": {"total": {"value": self.draw()}}}, "suspensions": suspensions}
        for ground, figures in grounds.items():
            found["complaints"][ground] = self.write_decisions(figures)
        found["complaints"]["all"] = self.write_decisions(whole) | {"omitted": {"value": 0}}
        found["disputes"] = {"all": self.write_decisions(disputes) | {"omitted": {"value": 0}}}
        if disputes["partial"] + disputes["reversed"]:
            found["disputes"]["all"]["implemented"] = {"value": Decimal(self.random.randrange(101)).scaleb(-2)}
        return found

    def write_decisions(self, figures):
        found = {key: {"value": figure} for key, figure in figures.items()}
        return found | ({"median": {"value": self.draw_hours()}} if figures["total"] else {})

    def make_automated(self, tree):
        own = tree["illegal"]["total"]["automated"] + tree["terms"]["total"]["automated"]
        measures = tree["illegal"]["total"]["measures"] + tree["terms"]["total"]["measures"]
        figures = {("solely", "own"): own, ("not_automated", "own"): measures - own}
        figures |= {(one, "total"): figures[one, "own"] + self.draw() for one in ("solely", "not_automated")}
        scopes = ["total", "own"]
        for scope, column, may in (("notices", "received", HOSTING), ("notices_trusted", "trusted", PLATFORM)):
            if self.provider in may:
                total = tree["notices"]["total"][column]
                solely = self.random.randrange(total + 1)
                figures |= {("notices_solely", scope): solely, ("notices_not_automated", scope): total - solely}
                scopes.append(scope)
        shares = {(one, scope): self.draw_share() for one in ("accuracy", "precision", "recall") for scope in scopes}
        found = {}
        for (one, scope), value in (figures | shares).items():
            found.setdefault(one, {})[scope] = {"value": value}
        if self.provider == "vlop":
            for one in ("solely", "not_automated"):
                left = figures[one, "total"]
                languages = {code.id: 0 for code in self.form.axes["languages"].codes}
                for code in self.random.sample(sorted(languages), 5):
                    languages[code] = self.random.randrange(left + 1)
                    left -= languages[code]
                languages["de"] += left
                found[one]["language"] = {code: {"value": figure} for code, figure in languages.items()}
            for one in ("accuracy", "precision", "recall"):
                found[one]["language"] = {"de": {"value": self.draw_share()}}
        return found

    def draw_share(self):
        return Decimal(self.random.randrange(10**4 + 1)).scaleb(-4)

    def make_staff(self):
        internal, external = self.random.randrange(100), self.random.randrange(1000)
        total = self.random.randrange(internal + external + 1)
        codes = [code.id for code in self.form.axes["languages"].codes]
        languages = {code: {"value": self.random.randrange(total + 1)} for code in codes}
        expertise = {"total": {"value": total}, "language": languages}
        return {
            "internal": {"total": {"value": internal}},
            "external": {"total": {"value": external}},
            "expertise": expertise,
        }

    def make_recipients(self):
        states = {code.id: {"value": self.random.randrange(10**7)} for code in self.form.axes["states"].codes}
        return {"total": {"value": sum(one["value"] for one in states.values())}, "state": states}


def write_report(form, period, tree):
    """Write the data of a report as a data file."""
    return tomli_w.dumps({"period": str(period), "edition": form.edition} | tree)
