"""`python -m banterhearts`, for where the script is not on PATH."""

from banterhearts.cli import main

if __name__ == "__main__":  # a process of a pool reads this module again
    main()
