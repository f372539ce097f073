"""armlet takes a trained PyTorch image classifier to an ARM board and says where the time goes."""

__version__ = "0.1.0"
