"""Where the suite cannot measure it says so, and measures nothing."""

import pytest

from scripts import check_platform
from scripts.util.exit_codes import Exit


def test_windows_is_refused_in_a_sentence_before_anything_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        check_platform("win32")
    assert left.value.code == Exit.NOT_MEASURED
    assert "Next: run it in WSL" in capsys.readouterr().err


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_linux_and_macos_are_not(platform: str) -> None:
    check_platform(platform)
