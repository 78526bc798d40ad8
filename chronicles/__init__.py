"""Dossiers of a repository's history whose every number can be derived again.

The package reads a git repository and tells its commits as *episodes*. Data goes one way:
`history` reads commits, `evidence` turns a subject into a dossier of facts, `claims` finds what those
facts entitle anyone to say, `writers` give the claims wordings, and `documents` writes and verifies pages.
Nothing here imports torch, and nothing here imports `banterhearts` other than `banterhearts.core`.
"""

__version__ = "0.1.0"
