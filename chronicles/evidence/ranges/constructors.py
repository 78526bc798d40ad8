"""The constructor that a class gets from its fields: a data class's, a named tuple's, one of attrs.

Callers give fields by position or by name, so a field that went, came first or lost its default breaks them as it would
in a function. Fields are read as they are declared, those of bases first. Where a decorator or a field is more than
can be read off its text, the constructor is not known, and None is given.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import griffe

__all__ = ["made_constructor"]

_MAKERS = re.compile(r"(?:^|\.)(?P<maker>dataclass|define|frozen|mutable)\b(?P<given>.*)", re.DOTALL)


def made_constructor(klass: griffe.Class, above: Sequence[griffe.Class]) -> griffe.Function | None:
    """Make the constructor of a class of fields.

    Args:
        klass: The class.
        above: Its bases and theirs, all of them classes whose text is known.

    Returns:
        A function that is called as the class is; None where the class is none of fields, or writes its own.
    """
    import griffe  # noqa: PLC0415 - 45 ms that only a range with Python sources pays

    maker = _maker(klass)
    if maker is None or "__init__" in klass.members or "init=False" in maker:
        return None
    by_name = griffe.ParameterKind.keyword_only
    either = griffe.ParameterKind.positional_or_keyword
    fields: dict[str, griffe.Parameter] = {}
    for one in (*reversed(above), klass):
        kind = by_name if "kw_only=True" in (_maker(one) or "") else either
        if _maker(one) is None:
            continue
        for name, attribute in _fields(one):
            if "KW_ONLY" in str(attribute.annotation):
                kind = by_name
                continue
            default = _default(str(attribute.value)) if attribute.value is not None else None
            if default != "no":
                kept = by_name if attribute.value is not None and "kw_only=True" in str(attribute.value) else kind
                fields[name] = griffe.Parameter(name, kind=kept, default=default)
    ordered = sorted(fields.values(), key=lambda field: field.kind is by_name)
    bound = griffe.Parameter("self", kind=either)
    return griffe.Function("__init__", parameters=griffe.Parameters(bound, *ordered), parent=klass)


def _maker(klass: griffe.Class) -> str | None:
    """What makes a class of fields of it, with what it is given; None where nothing does."""
    if any(str(base).rpartition(".")[2] == "NamedTuple" for base in klass.bases):
        return "NamedTuple"
    found = (_MAKERS.search(str(decorator.value)) for decorator in klass.decorators)
    return next((match["maker"] + match["given"].replace(" ", "") for match in found if match), None)


def _fields(klass: griffe.Class) -> Iterator[tuple[str, griffe.Attribute]]:
    """The annotated names of a class body; attrs takes a private one without its underscore."""
    plain = (_maker(klass) or "").startswith(("dataclass", "NamedTuple"))
    for name, member in klass.members.items():
        if member.is_alias or not member.is_attribute or "property" in member.labels:
            continue
        annotation = str(getattr(member, "annotation", None) or "")
        if annotation and "ClassVar" not in annotation and "class-attribute" in member.labels | _declared(member):
            yield name if plain else name.lstrip("_"), member  # type: ignore[misc]  # it is an attribute


def _declared(member: object) -> set[str]:
    """An annotation without a value is a field too, as long as no method sets it first."""
    return {"class-attribute"} if getattr(member, "value", None) is None else set()


def _default(value: str) -> str | None:
    """The default of a field; None where it has none, `no` where it is no parameter at all."""
    try:
        call = ast.parse(value, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return value
    if not isinstance(call, ast.Call) or not re.search(r"(?:^|\.)(?:field|ib|attrib)$", ast.unparse(call.func)):
        return value
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if given.get("init") == "False":
        return "no"
    return given.get("default") or given.get("default_factory") or given.get("factory")
