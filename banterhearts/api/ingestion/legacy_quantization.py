"""The original engine's `quantization_report.json`: loss, accuracy and stored bytes of a model before and after.

A row an entry. One that says exactly what `baseline` says, bytes and loss to the last digit, did nothing: a weight
that is rounded to another type gives another loss. That an entry differs proves no type of any layer, and the record
says so; nor does a model grow by being quantized, as two of these did.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from banterhearts.api.ingestion.fields import Fields
from banterhearts.api.ingestion.refusal import Reason, Refused
from banterhearts.api.ingestion.row import SUMMARY, Entry, Reading, Row, pointer
from banterhearts.core.record import Attestation, Direction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from banterhearts.api.ingestion.row import Stated
    from banterhearts.api.ingestion.source import Source

__all__ = ["LegacyQuantization"]

_KEYS = ("loss", "accuracy", "model_size_bytes")
_BASELINE = "baseline"


class LegacyQuantization:
    """The format."""

    name = "legacy-quantization"
    suite = "legacy-quantization"
    needs = "entries with `loss`, `accuracy` and `model_size_bytes`, one of them `baseline`"
    reads_lines = False

    def recognises(self, source: Source) -> bool:
        """By the shape of every entry."""
        value = source.value
        if not isinstance(value, dict) or _BASELINE not in value:
            return False
        return all(isinstance(one, dict) and one.keys() >= set(_KEYS) for one in value.values())

    def entries(self, source: Source, stated: Stated) -> Iterator[Entry]:
        """One an entry."""
        del stated
        baseline = source.value[_BASELINE]
        for name, told in source.value.items():
            yield Entry(
                pointer(name),
                [self.name, name, told, baseline],
                partial(_row, name, told, baseline),
            )


def _row(name: str, value: object, before: object) -> Row:
    told, baseline = Fields.of(value), Fields.of(before, _BASELINE)
    loss, accuracy, size = (told.quantity(key) for key in _KEYS)
    if not size:
        raise Refused(Reason.FAILURE_AS_ZERO, "model_size_bytes is 0, and no model is that small")
    proofs: tuple[Attestation, ...] = ()
    if name != _BASELINE:
        known = tuple(baseline.quantity(key) for key in _KEYS)
        if (loss, accuracy, size) == known:
            raise Refused(Reason.NO_OP, f"{size} bytes and loss {loss}, to the last digit as the baseline has them")
        proofs = (_proof(loss - known[0], size, known[2]),)
    return Row(
        case="model",
        readings=(
            Reading("loss", "1", (loss,)),
            Reading("accuracy", "1", (accuracy,), Direction.HIGHER),
            Reading("model_size", "By", (size,)),
        ),
        essence={"model": "not told"},
        requested={"quantization": name},
        effective={"quantization": name},
        attestation=proofs,
        notes=(SUMMARY,),
    )


def _proof(loss: Decimal, size: Decimal, before: Decimal) -> Attestation:
    smaller = "" if size < before else ", no smaller"
    evidence = f"loss differs by {loss:+.6g}; {size} bytes stored against {before}{smaller}; no layer's type is told"
    return Attestation(kind="quantization", required=False, evidence=evidence, verdict="not_proven")
