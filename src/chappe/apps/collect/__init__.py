"""Call tickets as they come: sources, raw lines, chunks, remarks."""
