"""Whether the machine can do what was measured: question three of ENGINE.

A decode pass for one user reads every weight once, and the keys and values of all positions before it. So

    bytes_per_token       = weights + keys and values of a position x positions behind, on average
    achieved_bytes_per_s  = bytes_per_token / tpot
    mbu_measured          = achieved_bytes_per_s / measured copy bandwidth, well beyond the caches

and it is impossible when what was achieved is more than 105 % of the most that this machine reads or copies at this
very working-set size. At that size, because what the caches keep of it helps the model and the measurement alike; the
most of the two, because neither is the faster everywhere (`banterhearts.core.bandwidth`). Weights that fit the last
cache altogether are no matter of memory, and the rule is not applied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from banterhearts.core.record import Roofline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banterhearts.benchmarking.decode.backend import Reads

__all__ = ["TOLERANCE", "draw_roofline", "not_applicable"]

TOLERANCE = 1.05
"""What may be achieved of the best measured; ENGINE's 105 %."""


def not_applicable(why: str) -> Roofline:
    """A roofline that says why there is none."""
    return Roofline(bytes_per_token=None, achieved_bytes_per_s=None, mbu_measured=None, plausible=None, note=why)


def draw_roofline(
    reads: Reads | None, tpot_ns: float | None, depth: float, bandwidth: Mapping[str, float], cache_bytes: int | None
) -> Roofline:
    """Hold a time per token against the machine's memory.

    Args:
        reads: What a pass must read.
        tpot_ns: The time per token that is told.
        depth: Positions behind the passes that are timed, on average.
        bandwidth: As `bandwidth.measure` gives it for one device, at the size of `reads.weights` too.
        cache_bytes: The last cache; None where nobody knows.
    """
    if reads is None:
        return not_applicable("not applicable: the back end does not say what a pass reads")
    if tpot_ns is None:
        return not_applicable("not applicable: no time per token was measured")
    moved = reads.weights + reads.kv_per_token * depth
    achieved = moved / tpot_ns * 1e9
    if cache_bytes and reads.weights <= cache_bytes:
        why = f"not applicable: {reads.weights} bytes of weights fit the last cache of {cache_bytes}"
        return _roofline(moved, achieved, None, plausible=None, note=why)
    copy = next((value for name, value in bandwidth.items() if name in ("cpu", "gpu")), None)
    here = [value for name, value in bandwidth.items() if name.endswith(f"@{reads.weights}")]
    if copy is None or not here:
        return _roofline(moved, achieved, None, plausible=None, note="not applicable: no bandwidth was measured")
    limit = max(here)
    plausible = achieved <= TOLERANCE * limit
    note = f"{achieved / limit:.0%} of {limit:.4g} By/s, the best read or copy of {reads.weights} bytes"
    if not plausible:
        note = f"{moved:.0f} bytes a token in {tpot_ns:.0f} ns are {note}: more than memory gives"
    return _roofline(moved, achieved, achieved / copy, plausible=plausible, note=note)


def _roofline(moved: float, achieved: float, mbu: float | None, *, plausible: bool | None, note: str) -> Roofline:
    return Roofline(
        bytes_per_token=moved, achieved_bytes_per_s=achieved, mbu_measured=mbu, plausible=plausible, note=note
    )
