"""What sentences repeat of others: the percentage of their words, common runs of characters, and equal sentences."""

from collections.abc import Sequence

from msgspec import Struct

from nianbao.checks.own_prose import mask_digits
from nianbao.model.locale.text_formats import LeastCharacters

RELATED_PERCENT = 50  # less similar sentences count as different
MAX_SENTENCES, MAX_CHARACTERS = 300, 1000  # of a text, and of a sentence; beyond, only equal sentences count


class Repetition(Struct, frozen=True):
    """What a text has in common with another: the percentage, common runs of characters, and equal sentences.

    `size` is the number of its characters. A sentence is also the same where only digits differ, but not `verbatim`.
    """

    size: int = 0
    share: int = 0
    runs: tuple[str, ...] = ()
    verbatim: tuple[str, ...] = ()


def find_repetition(sentences: Sequence[str], previous: Sequence[str], least: LeastCharacters) -> Repetition:
    """Compare each sentence with the most similar one of others, whatever their order."""
    masked = [mask_digits(sentence) for sentence in previous]
    masked_set, previous_set = frozenset(masked), frozenset(previous)
    candidates = [sentence for sentence in masked if len(sentence) <= MAX_CHARACTERS][:MAX_SENTENCES]
    common_size, runs, compared = 0.0, [], 0
    for sentence in sentences:
        if mask_digits(sentence) in masked_set:
            common_size += len(sentence)
            runs.append(sentence.strip())
        elif candidates and len(sentence) <= MAX_CHARACTERS and compared < MAX_SENTENCES:
            compared += 1
            similarity, common_runs = _find_common_runs(sentence, candidates)
            common_size += similarity * len(sentence)
            runs += common_runs
    size = sum(map(len, sentences))
    return Repetition(
        size=size,
        share=int(100 * common_size / size) if size else 0,
        runs=tuple(sorted((run for run in runs if len(run) >= least.run), key=len, reverse=True)),
        verbatim=tuple(
            sentence.strip()
            for sentence in sentences
            if len(sentence.strip()) >= least.sentence and sentence in previous_set
        ),
    )


def _find_common_runs(sentence: str, candidates: list[str]) -> tuple[float, list[str]]:
    """Return the similarity of a sentence to the most similar candidate, from 0 to 1, and their common runs.

    `candidates` have masked digits. The similarity is 0 if the sentences count as different.
    """
    from rapidfuzz import process  # noqa: PLC0415  # slow to import, and only needed with last year's report
    from rapidfuzz.distance import Indel, LCSseq  # noqa: PLC0415  # see above

    masked = mask_digits(sentence)
    best, similarity, _position = process.extractOne(masked, candidates, scorer=Indel.normalized_similarity)
    if similarity * 100 < RELATED_PERCENT:
        return 0, []
    blocks = [block for block in LCSseq.opcodes(masked, best) if block.tag == "equal"]
    return similarity, [sentence[block.src_start : block.src_end].strip() for block in blocks]
