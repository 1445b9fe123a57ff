"""`report doctor`."""

import sys

from nianbao import __version__
from nianbao.cli.command import command
from nianbao.cli.errors import print_warning, report_errors
from nianbao.cli.options import Json, Root
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _, join_words


@command(help=_("看看这台机器：用哪个 pandoc 和 typst，哪些字体，还缺什么。"), epilog=_("例：report doctor"))
def doctor(root: Root = None, *, as_json: Json = False) -> None:
    """Print the programs and fonts of this machine, and the years that have data files."""
    from nianbao.cli.output import findings
    from nianbao.render import pandoc, typst
    from nianbao.workspace.store import Store, find_root

    with report_errors():
        store = Store(find_root(root))
        if error := store.skip_untrusted():
            print_warning(_("用的是程序自带的模板：{why}", why=error.message))
        versions = {"nianbao": __version__, "python": sys.version.split()[0]} | pandoc.list_versions()
        faces = typst.choose_faces(store.look())
        if as_json:
            findings.print_json({"versions": versions, "faces": findings.faces_data(faces), "years": store.years()})
            return
        findings.print_table((_("工具"), _("版本")), list(versions.items()))
        rows = [(face.name, face.family, _("规定的字体") if face.official else _("代用的自由字体")) for face in faces]
        findings.print_table((_("字体"), _("PDF 里用"), ""), rows)
        if not all(face.official for face in faces):
            echo(_("要用规定的字体，请在系统里安装（Windows 和 WPS 自带仿宋、楷体、黑体、宋体）。"))
            echo(_("Word 文件里写的是规定的字体名，不受这台机器影响。"))
        years = join_words(store.years()) or _("没有；运行 report new 年度")
        echo(_("数据文件：{years}", years=years))
