"""Work in other processes, and the limits of its time and memory."""
