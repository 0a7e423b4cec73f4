"""IPE and CPN files: read, checked, planned, applied, undone; made for each recipient."""
