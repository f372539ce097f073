"""The page on which ``edge-run camera --web`` shows what it sees."""
