// Numbers that show their facts where they stand.
