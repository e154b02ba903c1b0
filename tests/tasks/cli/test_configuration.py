"""luigi.cfg and law.cfg: checked line by line, handed down the graph, below the command line."""

import configparser
import sys

import pytest

import tasks
from tasks.cli import configuration
from tasks.cli.configuration import Line
from tests.support.runs import LAW, LUIGI, PROJECT, finish

AT_IMPORT = 1


def luigi_cfg(run, *lines):
    """Write a user's luigi.cfg into the folder where luigi is started."""
    path = run.folder / "luigi.cfg"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["[ParseFile]", "selectoin = none"], ":2: [ParseFile] has no key 'selectoin'; did you mean 'selection'?"),
        (
            ["# mine", "", "[ParsFile]", "selection = x"],
            ":4: there is no task or section [ParsFile]; did you mean 'ParseF",
        ),
        (["[FindPeaks]", "min_events_per_fs = many"], ":2: [FindPeaks] min_events_per_fs = 'many' is not valid: "),
        (["[ParseFile]", "bin_width_gev = 10"], ":2: [ParseFile] has no key 'bin_width_gev'"),
        (["[MakeHistograms]", "use_bumpnet_naming = maybe"], "it must be True or False"),
        (["[worker]", "keep_alvie = True"], ":2: [worker] has no key 'keep_alvie'; did you mean 'keep_alive'?"),
        (["[retcode]", "task_failed = bad"], ":2: [retcode] task_failed = 'bad' is not valid"),
        (["[DEFAULT]", "bin_width_gev = 5"], ":2: [DEFAULT] counts for no task; move bin_width_gev to the section of"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_a_mistake_in_luigi_cfg_ends_the_run_with_file_and_line(run, lines, problem):
    path = luigi_cfg(run, *lines)
    end = run.apart(task="FetchMetadata")
    assert end.status == AT_IMPORT
    assert end.text.startswith("error: the configuration is not valid:\n")
    assert f"{path}{problem}" in end.text if problem.startswith(":") else problem in end.text
    assert "Traceback" not in end.text
    assert not run.out.exists()


def test_all_mistakes_are_named_at_once(run):
    path = luigi_cfg(run, "[ParseFile]", "selectoin = none", "files_per_branch = 0", "[FindPeaks]", "nonsense = 1")
    end = run.apart(task="FetchMetadata")
    assert all(f"{path}:{line}: " in end.text for line in (2, 3, 5))


def test_a_file_that_is_no_configuration_is_named(run):
    path = luigi_cfg(run, "selection = none")
    end = run.apart(task="FetchMetadata")
    assert end.status != 0
    assert str(path.name) in end.text
    assert "line: 1" in end.text.replace("line 1", "line: 1")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["[modlues]", "tasks"], ":2: there is no section [modlues]; did you mean 'modules'?"),
        (["[modules]", "tasks", "[task]", "colored_rper: False"], ":4: [task] has no key 'colored_rper'; did you mean"),
        (["[modules]", "tasks", "[luigi_worker]", "x: 1"], ":4: [luigi_worker] belongs in luigi.cfg, as [worker]"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_a_mistake_in_law_cfg_ends_the_run_with_file_and_line(run, lines, problem):
    path = run.folder / "law.cfg"
    path.write_text("\n".join(lines) + "\n")
    words = run.arguments(task="FetchMetadata")[3:]
    end = finish([LAW, "run", "tasks.FetchMetadata", *words], run.folder, LAW_CONFIG_FILE=str(path))
    assert end.status == AT_IMPORT
    assert f"{path}{problem}" in end.text


def test_a_key_counts_for_all_later_tasks_and_the_command_line_wins(run):
    luigi_cfg(
        run,
        "[FetchMetadata]",
        "max_files_to_process = 2",
        "[ParseFile]",
        "parsed_format = ttree",
        "[ComputeMasses]",
        "max_multiplicity = 1",
        "[FindPeaks]",
        "max_mass_gev = 777",
    )
    end = run.apart(max_mass_gev=888)
    assert end.status == 0, end.text
    named_by = run.parameters("histograms")
    assert named_by["ParseFile"]["parsed_format"] == "ttree"
    assert named_by["ComputeMasses"]["max_multiplicity"] == "1"
    assert named_by["CountMasses"]["max_mass_gev"] == "888.0"
    assert len(run.products("parsed_data")) == 2


def test_the_nearest_section_wins(run):
    luigi_cfg(run, "[ParseFile]", "tolerated_failures = 1", "[MakeHistograms]", "tolerated_failures = 2")
    assert run.apart().status == 0
    assert run.parameters("histograms")["FindPeaks"]["tolerated_failures"] == "2"


ALL_SECTIONS = """
import sys
from luigi.configuration import get_config
import tasks
from luigi.task_register import Register
section, key, value = sys.argv[1:]
stages = tasks.STAGES[tasks.STAGES.index(section):]
print([name for name in stages if key in dict(Register.get_task_cls(name).get_params())
       and get_config().get(name, key) != value])
"""


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("FillHistograms", "bin_width_gev", "5"),  # the project says so of MakeHistograms
        ("CountMasses", "known_resonances", "none"),  # the project says so of FindPeaks
        ("CountMasses", "max-mass-gev", "500"),
        ("MakeDemo", "run_name", "mine"),  # the project says so of FetchMetadata
        ("MakeHistograms", "selection", "mine.yaml"),
    ],
)
@pytest.mark.parametrize("by", ["folder", "environment"])
def test_what_a_user_says_of_a_stage_comes_before_what_the_project_says_of_later_ones(run, section, key, value, by):
    path = luigi_cfg(run, f"[{section}]", f"{key} = {value}")
    code = [sys.executable, "-W", "ignore", "-c", ALL_SECTIONS, section, key.replace("-", "_"), value]
    # in the project's folder luigi reads the project's own file, too
    end = finish(code, run.folder) if by == "folder" else finish(code, PROJECT, LUIGI_CONFIG_PATH=str(path))
    assert end.text.strip() == "[]", end.text


def test_a_configuration_elsewhere_is_named_by_the_environment(run):
    elsewhere = run.folder / "elsewhere.cfg"
    elsewhere.write_text("[MakeHistograms]\nbin_width_gev = 50\n")
    end = finish([LUIGI, *run.arguments()], run.folder, LUIGI_CONFIG_PATH=str(elsewhere))
    assert end.status == 0, end.text
    assert run.parameters("histograms")["FillHistograms"]["bin_width_gev"] == "50.0"


class Even:
    """A parameter that takes even numbers."""

    def parse(self, text):
        return int(text)

    def normalize(self, value):
        if value % 2:
            msg = "it must be even"
            raise ValueError(msg)
        return value


def test_problems_are_sentences():
    sections = {"Task": {"a_number": Even()}, "Other": {}}
    lines = [
        Line("f:1", "Task", "a_number", "2"),
        Line("f:2", "Task", "a-number", "4"),
        Line("f:3", "Task", "a_nubmer", "2"),
        Line("f:4", "Tsak", "a_number", "2"),
        Line("f:5", "Task", "a_number", "3"),
        Line("f:6", "Anything", "goes", "here"),
        Line("f:7", "Qqq", "x", "1"),
    ]
    assert list(configuration.problems(lines, sections, {"Anything"})) == [
        "f:3: [Task] has no key 'a_nubmer'; did you mean 'a_number'?",
        "f:4: there is no task or section [Tsak]; did you mean 'Task'?",
        "f:5: [Task] a_number = '3' is not valid: it must be even",
        "f:7: there is no task or section [Qqq]",
    ]


def test_the_projects_own_configuration_is_valid():
    configuration.check()


def test_the_package_has_the_projects_luigi_cfg():
    assert configuration.LUIGI_DEFAULTS.read_text() == (PROJECT / "luigi.cfg").read_text()


def test_law_cfg_names_the_tasks_and_nothing_of_luigi():
    config = configparser.ConfigParser(allow_no_value=True)
    config.read(PROJECT / "law.cfg")
    assert "tasks" in config["modules"]
    assert [section for section in config.sections() if section.startswith("luigi_")] == []


@pytest.mark.parametrize("name", ["LAW_CONFIG_FILE", "LUIGI_CONFIG_PATH"])
def test_a_configuration_file_that_is_not_there_is_named(run, name):
    words = run.arguments(task="FetchMetadata")
    end = finish([LUIGI, *words], run.folder, **{name: str(run.folder / "nowhere.cfg")})
    assert end.status == AT_IMPORT
    said = f"{name} = '{run.folder}/nowhere.cfg': there is no such file; correct or unset this environment variable"
    assert said in end.text
    assert "Traceback" not in end.text
    assert not run.out.exists()


def test_every_key_of_the_project_stands_under_the_first_stage_that_it_matters_to():
    """A stage that is asked for alone would not hear of it: keys count for the stages after theirs."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(PROJECT / "luigi.cfg")
    classes = [getattr(tasks, stage) for stage in tasks.STAGES]
    for stage in tasks.STAGES:
        for key in parser[stage] if parser.has_section(stage) else ():
            first = next(number for number, task in enumerate(classes) if key in dict(task.get_params()))
            named = [number for number, task in enumerate(classes) if key in task.variant_parameters]
            latest = named[0] if named else first
            assert first <= tasks.STAGES.index(stage) <= latest, f"[{stage}] {key}"


def test_a_stage_alone_and_the_main_job_are_of_one_variant(run):
    luigi_cfg(run, "[CountMasses]", "max_mass_gev = 777", "[FillHistograms]", "bin_width_gev = 20")
    assert run.apart().status == 0
    for stage in ("CountMasses", "FillHistograms"):
        end = run.apart(task=stage)
        assert "Everything is done already" in end.text, end.text
