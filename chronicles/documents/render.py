"""From a page to its text: front matter and template.

Templates run in Jinja's sandbox, because a repository may bring its own and a repository is data. They get finished
Markdown and lay it out; what undefined names they use is an error, so a template cannot quietly lose a section.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from chronicles.documents import patch_view, retired, view
from chronicles.documents import title as titles
from chronicles.documents.frontmatter import render_front_matter
from chronicles.documents.page import SCHEMA, Page
from chronicles.documents.patch_forms import form_view, without_mentions
from chronicles.dossier import canonical_json
from chronicles.errors import ConfigError
from chronicles.writers.parts import PLAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

    from chronicles.dossier import ToldRun
    from chronicles.personas import Cast
    from chronicles.writers import Byline

__all__ = ["Renderer"]

_VIEWS = {"episode": view, "patch": patch_view}
"""What lays out each kind of document, by the name of its template."""
_RETIRED = "retired.md.jinja"
"""A template of its own, so that a user's own one of an episode need not know of pages without a story."""
_BLANK_LINES = re.compile(r"\n{3,}")


def _built_in() -> Path:
    """The folder of built-in templates: inside the wheel, or at the root of a checkout."""
    package = Path(__file__).parent.parent
    shipped = package / "templates"
    return shipped if shipped.is_dir() else package.parent / "templates"


class Renderer:
    """Renders documents of one kind with one cast and one template.

    Args:
        cast: Whose names stand before what they say.
        folder: A user's own templates, which win file by file.
        kind: `episode` or `patch`.

    Raises:
        ConfigError: If a template is no template.
    """

    def __init__(
        self, cast: Cast, folder: Path | None = None, *, kind: Literal["episode", "patch"] = "episode"
    ) -> None:
        self._cast = cast
        self._view = _VIEWS[kind]
        self._folder = folder
        self._path = self._find(f"{kind}.md.jinja")
        self._template, digest = _load(self._path)
        self.made_by = {
            "template": digest,
            "view": self._view.VERSION,
            "title": titles.VERSION,
            "personas": cast.version,
        }

    @property
    def retired_by(self) -> dict[str, str]:
        """What a retired page is made by.

        Raises:
            ConfigError: If its template is no template.
        """
        return {"template": _load(self._find(_RETIRED))[1], "view": retired.VERSION}

    def _find(self, name: str) -> Path:
        own = self._folder / name if self._folder else None
        return own if own and own.is_file() else _built_in() / name

    def render(self, page: Page) -> str:
        """Render a page; the same page gives the same text.

        Raises:
            ConfigError: If the template uses what there is not.
        """
        if page.retired:
            path = self._find(_RETIRED)
            body = _fill(path, _load(path)[0], retired.make_view(page))
            return f"{render_front_matter(retired.front_matter(page))}\n{body}"
        body = _fill(self._path, self._template, self._view.make_view(page, self._cast))
        return f"{render_front_matter(_front_matter(page))}\n{body}"

    def render_as(self, page: Page, form: str) -> str:
        """Render a patch document in one of `FORMS`, which have no front matter.

        Raises:
            ConfigError: If the template uses what there is not.
        """
        if form == "json":
            return canonical_json(page.dossier.to_json())
        path, view = self._find(f"patch.{form}.md.jinja"), self._view.make_view(page, self._cast)
        text = _fill(path, _load(path)[0], {**view, **form_view(page, view)})
        return without_mentions(text) if form == "github" else text


def _fill(path: Path, template: Template, values: Mapping[str, Any]) -> str:
    from jinja2 import TemplateError  # noqa: PLC0415 - 30 ms that only rendering needs

    try:
        body = template.render(values)
    except (TemplateError, TypeError) as error:
        raise ConfigError(path, f"the template fails: {error}") from error
    return f"{_BLANK_LINES.sub(chr(10) * 2, body).strip()}\n"


@cache
def _load(path: Path) -> tuple[Template, str]:
    from jinja2 import StrictUndefined, TemplateError  # noqa: PLC0415 - 30 ms that only rendering needs
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - as above

    try:
        source = path.read_text(encoding="utf-8")
        environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        return environment.from_string(source), hashlib.sha256(source.encode()).hexdigest()[:12]
    except (TemplateError, OSError, UnicodeDecodeError) as error:
        raise ConfigError(path, f"no usable template: {error}") from error


def _front_matter(page: Page) -> dict[str, Any]:
    ledger = page.dossier.ledger
    key = page.dossier.subject
    spoken = [sentence for sentence in page.sentences if sentence.claim]
    plain = sum(sentence.writer == PLAIN for sentence in spoken)
    if page.patch:
        about = {
            "patch": page.number,
            "title": page.title,
            "date": ledger.string("commit.day"),
            "status": page.patch.status,
            "base": key.base,
            "tip": key.commits[0],
        }
    else:
        about = {
            "episode": page.number,
            "title": page.title,
            "date": ledger.string("commit.authored_at"),
            "commits": list(key.commits),
            "tags": [ledger.string("commit.type")],
        }
    return {
        "schema": SCHEMA,
        **about,
        "writer": _writer(page.byline),
        "voiced": {
            "model": len(spoken) - plain,
            "plain": plain,
            "refused": dict(page.byline.refused) if page.byline else {},
        },
        "runs": [_run(run) for run in page.dossier.runs],
    }


def _writer(byline: Byline | None) -> dict[str, Any]:
    """Who was asked for the words, as front matter names it."""
    if byline is None:
        return {"name": PLAIN, "model": None, "digest": None, "options": None, "prompt": None, "freedom": None}
    return {
        "name": byline.writer,
        "model": byline.model or None,
        "digest": byline.digest or None,
        "options": dict(byline.options) or None,
        "prompt": byline.prompt or None,
        "freedom": byline.freedom,
        **({"degraded": byline.degraded} if byline.degraded else {}),
    }


def _run(run: ToldRun) -> dict[str, Any]:
    """A run as front matter lists it; its series stands in the sidecar."""
    others = {"baseline": run.baseline, "placebo": run.placebo, "earlier": run.earlier}
    return {"run": asdict(run.run), **{key: asdict(name) for key, name in others.items() if name is not None}}
