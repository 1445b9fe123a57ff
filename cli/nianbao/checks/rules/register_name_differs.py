"""报告里的机关名称与单位名册里的不同。

多半是机关改了名，名册或报告还没有跟着改；也可能是报告放错了文件夹，那样数就加到别的单位名下了。
一个名称是另一个的一部分（某区、某区人民政府），算作相同；本级的报告也可以写上级机关的名称。

不对:

    # data/offices.toml
    [health]
    name = "某市卫生局"
    # data/health/2023.toml
    agency.name = "某市卫生健康委员会"

对:

    # data/offices.toml
    [health]
    name = "某市卫生健康委员会"
    # data/health/2023.toml
    agency.name = "某市卫生健康委员会"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "warning"
SCOPE = "register"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find a report whose office the register calls otherwise."""
    if not context.register.names(context.office, context.author):
        listed = context.register.get_unit(context.office).name
        message = _("name-differs-from-register", author=context.author, name=listed)
        address = context.report.form.author_address
        fix = _("correct-name-or-register", office=context.office)
        other = context.register.find_named(context.author)
        notes = (_("name-is-of-other-office", name=context.author, office=other),) if other else ()
        label = _("register-says-name", name=listed)
        yield context.make_finding(address, message, label=label, notes=notes, fix=fix)
