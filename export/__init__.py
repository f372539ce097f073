"""Workstation, first stage: a PyTorch network in, model files and a bundle out."""
