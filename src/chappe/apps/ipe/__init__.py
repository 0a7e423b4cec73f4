"""IPE and CPN files received: read, checked, planned, applied, undone; compared and scored."""
