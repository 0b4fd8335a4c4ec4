"""What version control remembers.

Duty: files of the user's repository as of a revision, and how git is to merge them; git is run as a program.
In: directories, revisions, file names. Out: bytes, settings of a repository. Never: knowing what a lock is, a commit,
a change of the working tree but `.gitattributes`.
"""
