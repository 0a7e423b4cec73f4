"""The issued invoice as PDF, Factur-X, UBL, CII, and its way to the platform."""
