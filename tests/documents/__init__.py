"""What the documents say is so: their console blocks are run, their reference is made from the program."""
