"""What the infrastructure operator owns: PRDM, PM, PBO, buildings, sockets, cables, fibres, routes."""
