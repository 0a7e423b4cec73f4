"""Reports whose SQL an administrator may edit, run read-only."""
