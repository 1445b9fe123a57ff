"""Work in other processes, and limits of its time and memory."""
