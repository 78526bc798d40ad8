"""After each commit: the hook that wakes a worker, and the worker that writes what is untold."""
