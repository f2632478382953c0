"""The error for mistakes of the user."""


class UserError(ValueError):
    """An input, an option or an argument is wrong.

    The message is one sentence: what is wrong, which value or which file and line, and what to
    do. The commands print it without a traceback and exit with code 1.
    """
