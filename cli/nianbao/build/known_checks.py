"""What earlier runs found in many reports that are judged beside each other, kept in the build cache."""

import json
from datetime import date

from nianbao.build import fingerprints, outputs
from nianbao.build.cache import BuildCache, deserialize_result
from nianbao.checks.batch import CheckedReport
from nianbao.checks.context import SharedSection
from nianbao.checks.policy import Policy
from nianbao.checks.results import CheckResult
from nianbao.checks.similarity import Digest
from nianbao.model.finding import UserError
from nianbao.workspace.files import fingerprint
from nianbao.workspace.store import ReportKey, Store


class CachedChecks:
    """Finds and keeps what was found in reports of a folder, by fingerprints of all by which they are judged."""

    def __init__(self, store: Store, policy: Policy, today: date, cache: BuildCache) -> None:
        self._store, self._cache = store, cache
        templates = fingerprints.template_fingerprints(store)
        inputs = fingerprints.check_fingerprints(templates, store, policy, today)
        self._context = json.dumps(fingerprints.program_fingerprints() | inputs, sort_keys=True)
        self._saved = cache.read_judged()
        self._asked: dict[tuple[ReportKey, bool], str] = {}  # fingerprints of what is to be judged

    def find(self, key: ReportKey, neighbours: tuple[SharedSection, ...] | None) -> CheckedReport | None:
        """Return what was found in a report, unless something by which it is judged has changed since."""
        inputs = self._fingerprint(key, neighbours)
        saved, result, digest = self._saved.get((key, bool(neighbours)), ("", "", ""))
        if inputs and saved == inputs:
            return CheckedReport(deserialize_result(result), _parse_digest(digest))
        self._asked[key, bool(neighbours)] = inputs
        return None

    def keep(self, key: ReportKey, neighbours: tuple[SharedSection, ...] | None, checked: CheckedReport) -> None:
        """Keep what was found in a report that `find` was asked for, unless its files have changed meanwhile."""
        inputs, result = self._asked[key, bool(neighbours)], checked.result
        if inputs and isinstance(result, CheckResult) and inputs == self._fingerprint(key, neighbours):
            digest = _format_digest(checked.digest)
            self._cache.save_judged(key, inputs, result, digest, compared=bool(neighbours))

    def _fingerprint(self, key: ReportKey, neighbours: tuple[SharedSection, ...] | None) -> str:
        """Return the fingerprint of all by which a report is judged; an empty text where it cannot be read."""
        store = self._store.of_report(key)
        try:
            facts = outputs.fingerprint_facts(store, key.period)
        except UserError:
            return ""
        return fingerprint(self._context, facts, repr(neighbours), *store.read_related_files(key.period))


def _format_digest(digest: Digest) -> str:
    return json.dumps(
        {section: [(one.hex(), size) for one, size in sentences] for section, sentences in digest.items()}
    )


def _parse_digest(text: str) -> Digest:
    return {
        section: tuple((bytes.fromhex(one), size) for one, size in sentences)
        for section, sentences in json.loads(text).items()
    }
