"""What wrong settings look like to their caller. Pure."""

from collections.abc import Sequence


class SettingsError(ValueError):
    """Some settings cannot be used; `problems` has one line for each, none shows a secret."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)
