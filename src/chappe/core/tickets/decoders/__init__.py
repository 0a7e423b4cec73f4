"""One module a format of tickets: its columns and codes as data, and how a record is read."""
