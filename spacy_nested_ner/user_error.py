"""The error for what a user did wrong."""


class UserError(ValueError):
    """The input or the request is wrong, not the code.

    The message is one sentence: what is wrong, with which value or in which file and line, and
    what to do. The commands print it without a traceback and exit with code 1.
    """
