"""From segments to calls, and from what was dialled to a number that can be priced."""
