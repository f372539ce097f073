"""From a trained PyTorch image classifier to an ARM board, with the time of every layer."""

__version__ = "0.1.0"
