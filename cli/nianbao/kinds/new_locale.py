"""Begin the file of a language that has none yet, with what Unicode's CLDR knows of it."""

import json
import re
from string import Template

from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.template_files import TemplateFolder

_BASE = "en"  # of a language of which no other region is known


def begin_locale(language: str, tops: tuple[TemplateFolder, ...]) -> dict[str, str]:
    """Return the file of a language by its name below a folder of reports; none where there is one, or CLDR lacks it.

    It says how dates and numbers are written. Its words are those of its base: the same language of another region,
    else English.
    """
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415  # only a new language needs it

    known = sorted({path.stem for top in tops for path in top.path.glob("locales/*.toml")})
    same = language.partition("-")[0]
    if {language, same} & set(known):
        return {}
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return {}
    if locale.language != same:
        return {}  # an alias, such as eng
    base = next((name for name in known if name.partition("-")[0] == same), _BASE)
    signs = locale.number_symbols["latn"]
    values = {
        "name": json.dumps(locale.get_display_name(), ensure_ascii=False),
        "base": json.dumps(base),
        "day": json.dumps(locale.date_formats["long"].pattern, ensure_ascii=False),
        "month": json.dumps(str(locale.datetime_skeletons.get("yMMMM", "MMMM y")), ensure_ascii=False),
        "group": json.dumps(signs["group"]),
        "decimal": json.dumps(signs["decimal"]),
        "percent": json.dumps(re.sub("[#,.0]+", "{number}", locale.percent_formats[None].pattern)),
    }
    source = TEMPLATES / "new-kind" / ("zh" if same == "zh" else "en") / "locale.toml"
    return {f"templates/locales/{language}.toml": Template(source.read_text("utf-8")).substitute(values)}
