"""The real servers that the tests talk to, each on a free port and in a folder of its own."""
