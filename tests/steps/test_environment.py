"""What a run was made with."""

import shutil
import subprocess

import pytest

from steps import environment


@pytest.fixture
def checkout(tmp_path):
    """A checkout with one commit, and a way to ask git there."""
    if shutil.which("git") is None:
        pytest.skip("needs git")

    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
        return subprocess.run(
            ["git", *who, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "--quiet")
    (tmp_path / "code.py").write_text("one = 1\n")
    git("add", "code.py")
    git("commit", "--quiet", "--message=one")
    git("tag", "--annotate", "v1", "--message=one")
    return tmp_path, git


def test_the_commit_of_a_checkout_and_whether_files_differ_from_it(checkout):
    folder, git = checkout
    expected = git("rev-parse", "--short=12", "HEAD")
    assert environment.commit(folder) == expected
    (folder / "code.py").write_text("one = 2\n")
    assert environment.commit(folder) == f"{expected}-dirty"


def test_code_that_lies_in_the_checkout_of_something_else_has_no_commit(checkout):
    folder, _ = checkout
    (folder / "site-packages").mkdir()
    assert environment.commit(folder / "site-packages") is None


def test_a_damaged_checkout_is_not_the_one_around_it(checkout):
    folder, _ = checkout
    (folder / "inner" / ".git").mkdir(parents=True)
    assert environment.commit(folder / "inner") is None


def test_a_hook_of_another_checkout_changes_nothing(checkout, monkeypatch):
    folder, git = checkout
    expected = git("rev-parse", "--short=12", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(folder / "nowhere"))
    assert environment.commit(folder) == expected


def test_without_git_there_is_no_commit(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert environment.commit(checkout[0]) is None
