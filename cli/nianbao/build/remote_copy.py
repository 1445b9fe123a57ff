"""Copies of built files in a folder that is not on this machine, such as a bucket: sent where they have changed."""

import json
from collections.abc import Iterable
from typing import Any

from fsspec.core import url_to_fs
from msgspec import Struct

from nianbao.build import outputs
from nianbao.checks.results import BuildResult
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.workspace.store import Store

_LIST = ".nianbao-copies.json"  # fingerprints of the copies by path; only this program writes there


class CopyCounts(Struct, frozen=True):
    """How many files of a build were sent, and how many were there already."""

    sent: int
    unchanged: int


class RemoteFolder:
    """A folder at an address of fsspec: `s3://bucket/2024`, `gs://…`, `sftp://…`, `file:///mnt/…`.

    Raises `UserError` where the address is wrong, its package is not installed, or it cannot be reached.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        try:
            self._files, self._path = url_to_fs(address)
            self._fingerprints = self._read_list()
        except ImportError as error:
            raise UserError(_("package-of-address-missing", address=address, why=error)) from error
        except Exception as error:  # each service has errors of its own
            raise self._make_error(error) from error

    def copy(self, store: Store, results: Iterable[BuildResult]) -> CopyCounts:
        """Send the files of a build that the folder does not have yet; the list of copies is written last.

        After a copy that was ended, the next one sends again what is not on the list. Raises `UserError`.
        """
        sent = unchanged = 0
        try:
            for result in results:
                for file in result.files:
                    office = store.of_report(result.check.key)
                    name = outputs.output_name(office, result.check.key.period, file.format)
                    if self._fingerprints.get(name) == file.fingerprint:
                        unchanged += 1
                        continue
                    target = f"{self._path}/{name}"
                    self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
                    self._files.pipe_file(target, (store.out / name).read_bytes())
                    self._fingerprints[name] = file.fingerprint
                    sent += 1
            self._files.pipe_file(f"{self._path}/{_LIST}", json.dumps(self._fingerprints, indent=1).encode())
        except Exception as error:  # each service has errors of its own
            raise self._make_error(error) from error
        return CopyCounts(sent, unchanged)

    def _read_list(self) -> dict[str, str]:
        try:
            found: Any = json.loads(self._files.cat_file(f"{self._path}/{_LIST}"))
        except FileNotFoundError:
            self._files.makedirs(self._path, exist_ok=True)
            return {}
        except ValueError:  # not whole: everything is sent again
            return {}
        return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}

    def _make_error(self, error: Exception) -> UserError:
        why = str(error) or type(error).__name__
        return UserError(_("cannot-copy-to", address=self.address, why=why), _("check-address-and-rights"))
