"""Classifying a stream while it comes in, and everybody who is told what is seen."""
