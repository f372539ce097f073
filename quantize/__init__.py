"""Workstation, second stage: a float graph and pictures in, int8 scales and weights out."""
