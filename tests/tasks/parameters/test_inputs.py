"""Parameters of the stages that read files: built-in names and paths of YAML, and what the reading step gets."""

import pytest

import tasks
from targets.errors import ConfigurationError
from targets.events import schemas
from tasks.parameters.inputs import SELECTIONS


def task(**parameters):
    return tasks.ParseFile(**{"release_years": ("demo",), "selection": "none"} | parameters)


def test_reading_is_as_the_parameters_say(tmp_path):
    options = task(fetch="stream", keep_downloads=False, chunk_events=7, memory_limit_mb=700, read_attempts=2,
                   tolerated_failures=4, schema="cms-nanoaod").read_options(tmp_path, [])  # fmt: skip
    assert (options.fetch.mode, options.fetch.keep, options.fetch.folder) == ("stream", False, tmp_path)
    assert (options.chunk_events, options.memory_limit_mb) == (7, 700)
    assert (options.attempts, options.tolerated_failures) == (2, 4)
    assert [schema.name for schema in options.schemas] == ["cms-nanoaod"]
    assert options.selection.name == "none"


def test_a_cache_of_ones_own_is_used(tmp_path):
    assert task(download_dir=str(tmp_path / "own")).read_options(tmp_path, []).fetch.folder == tmp_path / "own"


def test_without_a_schema_all_are_tried(tmp_path):
    assert len(task().read_options(tmp_path, []).schemas) == len(list(schemas.BUILT_IN.glob("*.yaml")))


@pytest.mark.parametrize("name", ["default", "none"])
def test_a_selection_is_named_or_a_path(name, tmp_path):
    assert task(selection=name).selection_path() == SELECTIONS / f"{name}.yaml"
    own = tmp_path / "own.yaml"
    own.write_text((SELECTIONS / f"{name}.yaml").read_text())
    assert task(selection=str(own)).selection_path() == own


@pytest.mark.parametrize("parameter", ["selection", "schema"])
def test_an_unknown_name_or_path_is_refused_with_those_that_there_are(parameter, tmp_path):
    with pytest.raises(ConfigurationError, match=rf"{parameter}.*'no-such'"):
        task(**{parameter: "no-such"})
    with pytest.raises(ConfigurationError, match=r"own\.yaml"):
        task(**{parameter: str(tmp_path / "own.yaml")})


@pytest.mark.parametrize(
    ("parameter", "file"),
    [("selection", SELECTIONS / "default.yaml"), ("schema", schemas.BUILT_IN / "cms-nanoaod.yaml")],
)
def test_a_misspelt_key_is_refused_at_the_start(parameter, file, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text(file.read_text().replace("source: ", "sourze: "))
    with pytest.raises(ConfigurationError, match=r"own\.yaml:\d+: .*unknown key 'sourze'; did you mean 'source'\?"):
        task(**{parameter: str(own)})
