"""IPE and CPN files made for each recipient: full, delta, history; archived and handed over."""
