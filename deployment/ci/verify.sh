#!/usr/bin/env bash
# What the GitHub Action runs, and any other CI may: verify all pages, then show the next patch document.
#
# Environment:
#   ACTION   checkout of this project to install from; empty uses the `chronicles` that is there
#   STRICT   `true` lets stale pages fail too
#   PATCH    `true` shows the patch document of what is not released yet
#   RANGE    its range; empty for all since the last tag or published document
#   GITHUB_STEP_SUMMARY  where the document is written, beside stdout, if set
set -euo pipefail

if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
    echo "chronicles: this checkout has a part of the history only. Fetch all of it:" >&2
    echo "  fetch-depth: 0 in the checkout step, or \`git fetch --unshallow\`" >&2
    exit 2
fi

if [ -n "${ACTION:-}" ]; then
    python -m pip install --quiet --disable-pip-version-check -c "$ACTION/constraints.txt" "$ACTION"
fi

verify=(chronicles verify)
if [ "${STRICT:-true}" = true ]; then
    verify+=(--strict)
fi
status=0
"${verify[@]}" || status=$?

if [ "${PATCH:-true}" = true ]; then
    patch=(chronicles patch --dry-run --no-check)
    if [ -n "${RANGE:-}" ]; then
        case $RANGE in
            -*)
                echo "chronicles: RANGE is a revision or a range, not an option: $RANGE" >&2
                exit 2
                ;;
        esac
        patch+=("$RANGE")
    fi
    document=$(mktemp)
    trap 'rm -f "$document"' EXIT
    if "${patch[@]}" > "$document"; then
        cat "$document"
        if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
            cat "$document" >> "$GITHUB_STEP_SUMMARY"
        fi
    else
        # Nothing since the last release is no fault of the pages; the message is on stderr.
        echo "chronicles: no patch document was made." >&2
    fi
fi
exit "$status"
