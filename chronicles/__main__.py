"""`python -m chronicles`, for where the script is not on PATH."""

from chronicles.cli import main

main()
