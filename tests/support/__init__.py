"""What the tests share: people, servers, databases."""
