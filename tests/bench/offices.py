"""Offices by the thousand: data files that are right, each with figures and prose of its own."""

import random
from pathlib import Path

COLUMNS = ("person", "business", "research", "charity", "legal", "other")
OUTCOMES = {
    "granted": (),
    "partial": (),
    "refused": ("secret", "forbidden", "stability", "third_party", "internal", "process", "enforcement", "inquiry"),
    "unavailable": ("not_held", "not_made", "unclear"),
    "declined": ("complaint", "repeated", "publication", "excessive", "confirmation"),
    "other": ("uncorrected", "unpaid", "other"),
}
THINGS = ("信息更新", "栏目设置", "政策解读", "申请答复", "人员培训", "平台维护", "目录清单", "公开指南")
WORDS = ("还不够及时", "有待细化", "需要加强", "没有覆盖基层", "与群众期待有差距", "形式比较单一")


def data(number: int, year: int = 2024) -> str:
    """Write the data file of one office; the same number gives the same text. Edition 2021."""
    dice = random.Random(f"{year}-{number}")
    rows: dict[str, dict[str, int]] = {}
    for outcome, kinds in OUTCOMES.items():
        for path in [f"outcome.{outcome}.{kind}" for kind in kinds] or [f"outcome.{outcome}"]:
            rows[path] = {column: dice.choice((0, 0, 0, dice.randint(1, 90))) for column in COLUMNS}
    done = {column: sum(row[column] for row in rows.values()) for column in COLUMNS}
    left = {column: dice.choice((0, 0, dice.randint(0, 9))) for column in COLUMNS}
    before = {column: min(done[column], dice.choice((0, 0, dice.randint(0, 9)))) for column in COLUMNS}
    new = {column: done[column] + left[column] - before[column] for column in COLUMNS}
    made, repealed = dice.randint(0, 9), dice.randint(0, 5)
    lines = [
        f"year      = {year}",
        f"published = {year + 1}-01-{dice.randint(10, 28)}",
        "",
        "[agency]",
        f'name  = "第{number}市第{number}局"',
        f'short = "第{number}局"',
        "",
        "[proactive]",
        f"normative = {{ made = {made}, repealed = {repealed}, in_force = {made + dice.randint(10, 99)} }}",
        f"licences  = {{ decisions = {dice.randint(0, 9999)} }}",
        f"penalties = {{ decisions = {dice.randint(0, 9999)} }}",
        f"coercion  = {{ decisions = {dice.randint(0, 99)} }}",
        f"fees      = {{ amount = {dice.randint(0, 99999) / 100} }}",
        "",
        "[requests]",
    ]
    ordered = {"received": new, "carried_in": before, **rows, "carried_forward": left}
    for path, row in ordered.items():
        lines.append(f"{path} = {{ {', '.join(f'{column} = {row[column]}' for column in COLUMNS)} }}")
    review = [dice.randint(0, 20) for _ in range(4)]
    names = ("upheld", "corrected", "other", "pending")
    cells = ", ".join(f"{name} = {figure}" for name, figure in zip(names, review, strict=True))
    problems = [f"{dice.choice(THINGS)}{dice.choice(WORDS)}（第{dice.randint(1, 999)}次检查发现）" for _ in range(2)]
    lines += [
        "",
        "[review_litigation]",
        f"review = {{ {cells} }}",
        "",
        "[facts]",
        f"portal_items   = {dice.randint(100, 9999)}",
        f"social_items   = {dice.randint(10, 999)}",
        f"portal_visits  = {dice.randint(1000, 9999999)}",
        f'management     = "按月检查已公开的信息，全年更新目录{dice.randint(1, 99)}次"',
        f'supervision    = "全年培训{dice.randint(1, 20)}次，抽查{dice.randint(1, 99)}次"',
        f'problems       = ["{problems[0]}", "{problems[1]}"]',
        f'improvements   = ["在{dice.randint(1, 6)}月底前完成{dice.choice(THINGS)}的整改", "按季通报进展"]',
        "processing_fee = 0",
    ]
    return "\n".join(lines) + "\n"


def city(folder: Path, count: int, year: int = 2024) -> Path:
    """Write the data files of a city: `count` offices, a folder each below `data/`. Return its folder."""
    for number in range(count):
        path = folder / f"data/office-{number:05}/{year}.toml"
        path.parent.mkdir(parents=True)
        path.write_text(data(number, year), encoding="utf-8")
    return folder
