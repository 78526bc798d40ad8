"""Method: how facts are derived and verified, with this site's own figures.

The text is the same for every story. The figures change with every commit, so they stand on the first page and in the
data file, from which a script puts them here.
"""

from __future__ import annotations

from chronicles.documents.frontmatter import render_front_matter

__all__ = ["METHOD", "method_page"]

METHOD = "method"
"""Says all that the page is made of."""

_TEXT = """\
# Method

Prose about code that a machine writes is mostly true, and nobody can see where it is not. On these pages no sentence is
believed: a program counts, compares and quotes, and sentences are hung on what it found.

## How a number gets onto a page {: #numbers }

1. **Mined.** Git is asked for the commit and its first parent, with fixed options and no configuration of whoever runs
   it, so that everybody gets the same counts. Output folders such as this story's own are left out of all of them.
2. **Made a fact.** Each value goes into the page's ledger with an id, a unit, a source and *the command that derives
   it*. Sources are `git` itself, an `analysis` of what git holds, a `benchmark` that was stored as a run record, or a
   `check` that was run.
3. **Made a claim.** A claim is a sentence with slots, which stands only where its condition holds. It relates facts to
   each other or to history: a first, a rank, a ratio, whose lines are rewritten, how long a file slept.
4. **Worded.** A persona's wording stands for the claim, its slots still open. A language model may offer one; a gate
   refuses it when it holds a number, a name, a path or a hash that is no slot, when a slot is missing or doubled, or
   when it says more than the claim. What is refused is said in plain words.
5. **Filled in.** Only then are the slots filled, each with its noun and unit. No model types a number.

Click a number on an episode: its row of the evidence opens, with the command. Paste it into a shell in a clone.

## How pages are verified {: #verified }

`chronicles verify` builds every dossier again from the repository, without any cache, renders each page again and
holds it against the page that is published, line by line. What differs is **false** (the repository contradicts it),
**stale** (an older rule made it, or there are newer runs), **edited** (a person wrote it and has not signed) or
**external** (a person signed what no repository can prove). It exits with an error when a page is false, so that
continuous integration does not publish one.

```shell
chronicles verify            # every page
chronicles fact HEAD change.insertions
```

## What is not said {: #unsaid }

- **No speed words without runs.** Faster and slower are verdicts over stored measurements, with an interval, against a
  named commit, on a named machine. What the noise leaves open is called undecided.
- **No reasons.** Why somebody changed something stands here only in their own words.
- **Nothing dropped in silence.** Commits told, grouped and left out add up, and a rule is named for each that is left
  out.
- **Nothing after the fact.** Lineage looks at ancestors alone, so a page says in ten years what it says today.

## This site in figures {: #figures }

<div class="state" data-chronicles-figures>A script puts them here; the first page has the most important ones.</div>

[The state of the story](index.md#state) says at which commit the facts were verified.

## For programs {: #programs }

Beside each episode lies its dossier as JSON, such as `episodes/episode_001.json`. At the top of the site are the feeds
`feed.xml` (RSS), `atom.xml` and `feed.json`, and an `llms.txt` that says where things are.
"""


def method_page() -> str:
    """The page on method."""
    return f"{render_front_matter({'title': 'Method', 'hide': ['navigation']})}{_TEXT}"
