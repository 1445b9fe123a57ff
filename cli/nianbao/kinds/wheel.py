"""Pack a kind as a wheel: a package that holds only data, found by its entry point and never imported."""

import base64
import io
import re
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from nianbao import __version__
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.workspace import trust
from nianbao.workspace.files import write
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.origins.sources import ENTRY_POINTS, PACKAGE_PREFIX
from nianbao.workspace.store import Store

_VERSION = re.compile(r"\d+(\.\d+)*((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?")  # of PEP 440, as most are written
_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can have: the same kind gives the same bytes


def pack_kind(store: Store, id_: str, out: Path) -> Path:
    """Write the wheel of a kind to a folder; return its path.

    It holds the folder of the kind, and what it needs of the same templates: looks with their bases, and locales.
    Raises `UserError` for a version that no package can have, and where the file cannot be written.
    """
    kind = store.find_kind(id_)
    version = kind.settings.version
    if not _VERSION.fullmatch(version):
        source = kind.read_settings_file()
        raise UserError(
            f"{source.find_place(('version',))}: {_('version-not-of-package', version=version)}",
            _("write-like-example", example="1.2"),
        )
    package = PACKAGE_PREFIX + id_.replace("-", "_")
    content = _make_wheel(package, version, kind, _collect_files(store, kind))
    path = out / f"{package}-{version}-py3-none-any.whl"
    write({path: content}, out)
    return path


def _collect_files(store: Store, kind: KindFolder) -> dict[str, bytes]:
    """Return the files that a kind needs, by name below a folder of templates."""
    top = kind.origin
    read = trust.read_folder(top.path / kind.name)
    files = {f"{kind.name}/{name}": content for name, content in read.items()}
    wanted = [f"locales/{language}.toml" for language in kind.settings.languages]
    wanted += [f"looks/{name}.toml" for name in _list_bases(store, kind.settings.look)]
    for name in wanted:
        path = top.path / name
        if top.origin != "program" and path.is_file():
            files[name] = path.read_bytes()
    return files


def _list_bases(store: Store, look: str) -> list[str]:
    """List a look and those that it is based on."""
    paths, names = store.list_looks(), [look]
    while names[-1] in paths:
        top = next(top for top in store.template_folders if paths[names[-1]].is_relative_to(top.path))
        base = top.read_toml(paths[names[-1]]).tree.get("base")
        if not isinstance(base, str) or base in names:
            break
        names.append(base)
    return names


def _make_wheel(package: str, version: str, kind: KindFolder, files: Mapping[str, bytes]) -> bytes:
    info = f"{package}-{version}.dist-info"
    settings = kind.settings
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {package.replace('_', '-')}",
        f"Version: {version}",
        f"Summary: {' '.join(settings.name.split())}",
        f"Requires-Dist: {settings.needs or f'nianbao>={__version__}'}",
    ]
    contents = {f"{package}/{name}": content for name, content in sorted(files.items())} | {
        f"{info}/METADATA": "\n".join([*metadata, ""]).encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: nianbao\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[{ENTRY_POINTS}]\n{kind.id} = {package}\n".encode(),
    }
    record = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in contents.items()]
    contents[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    with io.BytesIO() as buffer:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                entry = zipfile.ZipInfo(name, _DATE)
                entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
                archive.writestr(entry, content)
        return buffer.getvalue()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()
