"""The map: tiles cut from the network, searched and clicked."""
