"""Scripts that put armlet on a device or run it there."""
