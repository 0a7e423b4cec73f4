"""What customers owe: computed whole each time, for a month and those before it; what was billed is subtracted after."""
