"""The demonstration: a small operator's house, made up but coherent, the same at every run."""
