"""Which stage failed: the first that is noted stays."""

import pytest

from steps.errors import FileError, StageError, blame, failing_stage


@pytest.mark.parametrize("error", [StageError("a"), FileError("u", "r", transient=True), OSError(28, "full")])
def test_the_first_stage_that_is_blamed_stays(error):
    assert failing_stage(error) is None
    blame(error, "ParseFile")
    blame(error, "CountMasses")
    assert failing_stage(error) == "ParseFile"
