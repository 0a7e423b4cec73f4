"""The optical network as pure facts: colours of fibres, positions in a cable, routes from connector to socket, maps' systems."""
