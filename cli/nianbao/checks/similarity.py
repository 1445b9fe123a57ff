"""Find sections that offices share, by fingerprints of sentences, which is fast for thousands of reports."""

from collections import Counter
from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING

from nianbao.checks.context import SharedSection
from nianbao.checks.own_prose import COPIED_PERCENT, find_own_sentences, mask_digits
from nianbao.compose.document import Document
from nianbao.workspace.store import ReportKey

if TYPE_CHECKING:
    from nianbao.model.period import Period

Sentences = tuple[tuple[bytes, int], ...]  # fingerprint and length, in characters
Digest = dict[str, Sentences]  # by section

_MAX_OFFICES = 10  # that are compared for one sentence; if more have it, the first ones stand for all


def make_digest(document: Document) -> Digest:
    """Make the fingerprints of the sentences that a report has from its data file, not from templates, by section."""
    report, texts = document.report, document.plain
    least = report.form.locale.text.least
    found: Digest = {}
    for section in report.form.sections:
        if section.heading and not section.table:
            lines = [
                line
                for line in find_own_sentences(report, section.id, texts.get(section.id, ""))
                if len(line) >= least.run
            ]
            if sum(map(len, lines)) >= least.section:
                found[section.id] = tuple(
                    (blake2b(mask_digits(line).encode(), digest_size=8).digest(), len(line)) for line in lines
                )
    return found


def find_shared_sections(digests: Mapping[ReportKey, Digest]) -> dict[ReportKey, tuple[SharedSection, ...]]:
    """Find the reports that share a section with one of the same kind and period of another office.

    Sentences are the same if only digits differ.
    """
    offices_of: dict[tuple[str, Period, str, bytes], list[str]] = {}
    for key, sections in digests.items():
        for section, sentences in sections.items():
            for sentence, _size in sentences:
                offices = offices_of.setdefault((key.kind, key.period, section, sentence), [])
                if len(offices) < _MAX_OFFICES and key.office not in offices:
                    offices.append(key.office)
    found: dict[ReportKey, tuple[SharedSection, ...]] = {}
    for key, sections in digests.items():
        shared = []
        for section, sentences in sections.items():
            common: Counter[str] = Counter()
            for sentence, size in sentences:
                offices = offices_of[key.kind, key.period, section, sentence]
                common.update({other: size for other in offices if other != key.office})
            total = sum(size for _sentence, size in sentences)
            shares = [
                (other, 100 * size // total)
                for other, size in common.most_common()
                if 100 * size >= COPIED_PERCENT * total
            ]
            if shares:
                shared.append(SharedSection(section, *shares[0], tuple(other for other, _share in shares[1:])))
        if shared:
            found[key] = tuple(shared)
    return found
