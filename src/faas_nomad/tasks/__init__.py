"""The forever tasks: each handles the errors it names, and otherwise ends the process."""
