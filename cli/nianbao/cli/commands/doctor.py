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
    from nianbao.cli.output import findings, kinds
    from nianbao.kinds.listing import list_kinds
    from nianbao.model.finding import UserError
    from nianbao.render import pandoc, typst
    from nianbao.workspace.data_files.unread import find_unread_files
    from nianbao.workspace.store import Store, find_root

    with report_errors():
        store = Store(find_root(root))
        if error := store.skip_untrusted():
            print_warning(_("shipped-templates-used", why=error.message))
        else:
            for file in find_unread_files(store):
                print_warning(_("data-file-unread", why=file.message))
        versions = {"nianbao": __version__, "python": sys.version.split()[0]} | pandoc.list_versions()
        listed = list_kinds(store)
        look, periods = store.look("plain"), []
        try:
            look, periods = store.look(), store.periods()
        except UserError as error:  # of the default kind, or its look; the rest is told all the same
            print_warning(error.message)
        faces = typst.choose_faces(look)
        if as_json:
            years = list(dict.fromkeys(period.year for period in periods))
            data = {"versions": versions, "faces": findings.faces_data(faces), "years": years}
            findings.print_json(data | {"kinds": kinds.describe_kinds(listed)})
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
        kinds.print_kinds(listed)
        echo(_("data-files-of-years", years=join_words(periods) or _("no-years-run-new")))
