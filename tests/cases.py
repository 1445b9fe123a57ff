"""Reports of hard cases: texts without end, figures of ten digits, signs that few faces have."""

TITLE = "某" * 1000 + "报告 Report " + "题" * 988
SECTION = "本段很长，没有尽头，一直写到五万字为止。" * 2500
WORD = "Donaudampfschiff" * 188
NAME = "一二三四五六七八九十" * 5 + "人力资源社会保障局"
RARE = "𠮷野家、䶮、🙂"
HEBREW = "שלום עולם"
FIGURE = 1234567890


def figured(form, figure):
    """Write a figure into every cell of the requests' table that is not a total."""
    wanted = [address for address in form.slots if address.startswith("requests.") and "total" not in address]
    return "\n".join(f"{address} = {figure}" for address in wanted)


def hard_facts(form, year):
    return f'''year = {year}
{figured(form, FIGURE)}
title = "{TITLE}"
published = {year + 1}-01-20
[agency]
name = "{NAME}"
[proactive]
[review_litigation]
[facts]
problems = ["{RARE}"]
improvements = ["{HEBREW}"]
[prose]
overview = """
{SECTION}

{WORD}
"""
other = "{RARE}{HEBREW}"
'''
