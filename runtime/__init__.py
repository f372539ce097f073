"""What runs on the device: classify pictures with a bundle and say where the time goes."""
