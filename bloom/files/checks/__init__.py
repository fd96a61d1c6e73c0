"""What an uploaded file is, told by its bytes, and whether it can be kept.

Everything here runs in a child process without secrets, within bounds of memory and time (`confined.py`):
the parsers of strangers' files are where such software breaks. So nothing here imports Django.
"""
