"""Real servers for the tests, each on a free port and in its own folder."""
