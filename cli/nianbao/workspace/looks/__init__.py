"""What a look may say, and what is wrong with one."""
