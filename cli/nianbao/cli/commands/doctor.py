"""`report doctor`."""

import sys

from nianbao import __version__
from nianbao.cli.command import command
from nianbao.cli.errors import print_warning, report_errors
from nianbao.cli.options import Json, Root
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _, join_words


@command(help=_("help-doctor"), epilog=_("example-doctor"))
def doctor(root: Root = None, *, as_json: Json = False) -> None:
    """Print the programs and fonts of this machine, and the years that have data files."""
    from nianbao.cli.output import findings
    from nianbao.render import pandoc, typst
    from nianbao.workspace.store import Store, find_root

    with report_errors():
        store = Store(find_root(root))
        if error := store.skip_untrusted():
            print_warning(_("shipped-templates-used", why=error.message))
        versions = {"nianbao": __version__, "python": sys.version.split()[0]} | pandoc.list_versions()
        faces = typst.choose_faces(store.look())
        if as_json:
            years = list(dict.fromkeys(period.year for period in store.periods()))
            findings.print_json({"versions": versions, "faces": findings.faces_data(faces), "years": years})
            return
        findings.print_table((_("head-tool"), _("head-version")), list(versions.items()))
        rows = [
            (face.name, face.family, _("head-prescribed-face") if face.official else _("head-free-substitute"))
            for face in faces
        ]
        findings.print_table((_("head-face"), _("head-in-pdf"), ""), rows)
        if not all(face.official for face in faces):
            echo(_("install-prescribed-faces"))
            echo(_("word-names-prescribed-faces"))
        periods = join_words(store.periods()) or _("no-years-run-new")
        echo(_("data-files-of-years", years=periods))
