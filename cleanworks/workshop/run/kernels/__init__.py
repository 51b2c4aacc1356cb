"""Starting kernels: a fresh Python, or a fork of one that already has the course's libraries in memory."""
