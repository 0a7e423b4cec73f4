"""Call tickets of PBXs and platforms: decode a line, tell its format, learn a new one. No I/O, no Django."""
