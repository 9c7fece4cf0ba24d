from pathlib import Path

from faas_nomad.watchdog.process import ending, find_program


def program(path: Path, mode: int = 0o755) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    path.chmod(mode)
    return path


def test_a_program_is_the_first_on_the_path_that_can_be_run(tmp_path: Path) -> None:
    program(tmp_path / "a" / "f", 0o644)
    (tmp_path / "b" / "f").mkdir(parents=True)
    found = program(tmp_path / "c" / "f")
    program(tmp_path / "d" / "f")

    path = ":".join(str(tmp_path / name) for name in "abcd")
    assert find_program("f", path) == str(found)


def test_a_path_is_not_searched_for(tmp_path: Path) -> None:
    found = program(tmp_path / "f")

    assert find_program(str(found), "/nowhere") == str(found)
    assert find_program("./f", str(tmp_path)) is None


def test_no_name_is_no_program() -> None:
    assert find_program("", "/bin") is None


def test_an_ending_is_said_in_words() -> None:
    assert ending(3) == "exited with status 3"
    assert ending(0) == "exited with status 0"
    assert ending(-9) == "was killed by signal 9"
