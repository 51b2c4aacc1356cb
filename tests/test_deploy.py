"""What `deploy/` says is whole: files parse, what they name is there, and lessons are copied and never written over."""

from __future__ import annotations

import logging
import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from traitlets.config import Config

from cleanworks.learn import sharing
from tests.workshop.board.conftest import built, outline, served

__all__ = ["built", "outline", "served"]  # the fixtures of a class

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
HUB = DEPLOY / "classroom" / "jupyterhub_config.py"


@pytest.fixture
def room(tmp_path, monkeypatch):
    kit = tmp_path / "kit"
    (kit / "course" / "notebooks").mkdir(parents=True)
    (kit / "course" / "notebooks" / "o1.ipynb").write_text("first", encoding="utf-8")
    for name, value in (
        ("CLASS_PASSWORD", "reef-reef-reef"),
        ("CLASS_KIT", kit),
        ("CLASS_PLACES", tmp_path / "class"),
    ):
        monkeypatch.setenv(name, str(value))
    return tmp_path


def settings() -> Config:
    made = Config()
    runpy.run_path(str(HUB), init_globals={"get_config": lambda: made})
    return made


def test_lessons_are_copied_and_never_written_over(room):
    hook = settings().Spawner.pre_spawn_hook
    spawner = SimpleNamespace(user=SimpleNamespace(name="lake-7"), environment={}, notebook_dir="")
    hook(spawner)
    mine = room / "class" / "lake-7" / "course" / "notebooks" / "o1.ipynb"
    mine.write_text("my work", encoding="utf-8")
    (room / "kit" / "course" / "notebooks" / "o2.ipynb").write_text("second", encoding="utf-8")
    hook(spawner)
    assert mine.read_text(encoding="utf-8") == "my work"
    assert mine.with_name("o2.ipynb").read_text(encoding="utf-8") == "second"
    assert spawner.environment["CLEANWORKS_RECORD"].startswith(str(room / "class" / "lake-7"))


@pytest.mark.parametrize("agreed", [True, False])
def test_who_agrees_at_the_start_is_on_the_board_of_the_class(room, monkeypatch, served, agreed):
    monkeypatch.setenv("CLASS_BOARD", served.address)
    chosen = settings().Spawner
    assert 'type="checkbox"' in chosen.options_form and "checked" not in chosen.options_form
    form = {"share": ["yes"]} if agreed else {}
    spawner = SimpleNamespace(
        user=SimpleNamespace(name="lake-7"),
        environment={},
        notebook_dir="",
        user_options=chosen.options_from_form(form),
        log=logging.getLogger("hub"),
    )
    chosen.pre_spawn_hook(spawner)
    assert [person.name for person in served.room.people.values()] == (["lake-7"] if agreed else [])
    assert (sharing.TICKET in spawner.environment) == agreed
    # At the next start the same person comes back, and may change her mind.
    spawner.user_options = chosen.options_from_form({})
    chosen.pre_spawn_hook(spawner)
    assert [person.share for person in served.room.people.values()] == ([False] if agreed else [])
    assert sharing.TICKET not in spawner.environment


def test_a_board_that_is_away_stops_nobody_from_starting(room, monkeypatch, caplog):
    monkeypatch.setenv("CLASS_BOARD", "http://127.0.0.1:9")
    spawner = SimpleNamespace(
        user=SimpleNamespace(name="lake-7"),
        environment={},
        notebook_dir="",
        user_options={"share": True},
        log=logging.getLogger("hub"),
    )
    settings().Spawner.pre_spawn_hook(spawner)
    assert "cannot be reached" in caplog.text
    assert (room / "class" / "lake-7" / "course" / "notebooks" / "o1.ipynb").is_file()


def test_no_password_stands_in_a_file_and_a_short_one_is_refused(room, monkeypatch):
    assert settings().SharedPasswordAuthenticator.user_password == "reef-reef-reef"
    for wrong in ("", "short"):
        monkeypatch.setenv("CLASS_PASSWORD", wrong)
        with pytest.raises(SystemExit, match="at least eight"):
            settings()
    assert "reef" not in HUB.read_text(encoding="utf-8")


def test_a_kit_that_is_not_there_is_said(room, monkeypatch):
    monkeypatch.setenv("CLASS_KIT", str(room / "nothing"))
    with pytest.raises(SystemExit, match="no kit in"):
        settings()


def test_the_values_for_a_cluster_parse_and_say_what_is_to_be_filled_in():
    values = yaml.safe_load((DEPLOY / "z2jh" / "values.yaml").read_text(encoding="utf-8"))
    # The chart's own sections (zero-to-jupyterhub, schema of version 4).
    assert set(values) <= {"hub", "proxy", "singleuser", "cull", "prePuller", "scheduling", "ingress"}
    assert values["hub"]["config"]["SharedPasswordAuthenticator"]["user_password"].isupper()
    assert values["singleuser"]["image"] == {"name": "REGISTRY/cleanworks", "tag": "TAG"}


@pytest.fixture
def cluster():
    return yaml.safe_load((DEPLOY / "z2jh" / "values.yaml").read_text(encoding="utf-8"))


def test_learners_of_a_cluster_get_the_lessons_of_the_kit_once_and_see_them(cluster, tmp_path):
    """The command that the chart runs at each start, with this machine's folders in the place of the image's."""
    learner, home = cluster["singleuser"], "/home/jovyan"
    work = learner["storage"]["homeMountPath"]
    assert cluster["hub"]["config"]["KubeSpawner"]["notebook_dir"] == work
    kit = tmp_path / "binder" / "kit" / "course" / "notebooks"
    kit.mkdir(parents=True)
    (kit / "o1.ipynb").write_text("first", encoding="utf-8")
    mine = Path(work.replace(home, str(tmp_path)))
    mine.mkdir()
    shell, option, command = learner["lifecycleHooks"]["postStart"]["exec"]["command"]
    for text in ("first", "my work"):
        subprocess.run([shell, option, command.replace(home, str(tmp_path))], check=True, cwd="/")
        assert (mine / "notebooks" / "o1.ipynb").read_text(encoding="utf-8") == text
        (mine / "notebooks" / "o1.ipynb").write_text("my work", encoding="utf-8")
    assert learner["extraEnv"]["CLEANWORKS_RECORD"].startswith(work)
    assert learner["extraEnv"]["CLEANWORKS_DATA"] == f"{home}/binder/kit/data"


@pytest.mark.parametrize(("name", "fits"), [("lake-7", True), ("ada/../..", False), ("7a", False)])
def test_a_cluster_takes_the_names_that_the_room_takes(cluster, name, fits):
    assert bool(re.match(cluster["hub"]["config"]["Authenticator"]["username_pattern"], name)) is fits


@pytest.mark.parametrize("kit", [True, False])
def test_the_image_has_the_pins_the_package_and_no_solutions(tmp_path, kit):
    """The steps of the page for clusters, with a pip and a repo2docker that only write down what they are asked."""
    for name in ("notebooks", "exercises", "deploy", "_build/workshops/two-day-ccs/learner/course"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copytree(DEPLOY / "binder", tmp_path / "deploy" / "binder")
    shutil.copyfile(ROOT / "requirements.txt", tmp_path / "requirements.txt")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("python", "repo2docker", "cleanworks"):
        (tools / name).write_text(f'#!/bin/sh\necho {name} "$@" >> "{tmp_path}/asked"\n', encoding="utf-8")
        (tools / name).chmod(0o755)
    steps = re.search(r"```sh\n(.*?)```", (DEPLOY / "z2jh" / "README.md").read_text(encoding="utf-8"), re.S)[
        1
    ]
    if not kit:
        steps = "\n".join(line for line in steps.splitlines() if not line.strip().endswith("binder/kit"))
    # repo2docker takes its files from a folder `binder` at the top, and runs its script there.
    steps += "\nset -e; ./binder/postBuild"
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-ec", steps], check=True, cwd=tmp_path, env=environment)
    asked = (tmp_path / "asked").read_text(encoding="utf-8")
    assert "repo2docker --no-run" in asked and "--config" not in asked
    assert "pip install --no-cache-dir -r requirements.txt\n" in asked
    assert "--no-deps --no-build-isolation .\n" in asked
    assert (tmp_path / "exercises").exists() is not kit
    assert re.fullmatch(
        r"python-3\.1[123]\n", (tmp_path / "binder" / "runtime.txt").read_text(encoding="utf-8")
    )
    # A link would lead nowhere from where the folder is copied to.
    assert not [path for path in (DEPLOY / "binder").iterdir() if path.is_symlink()]


@pytest.mark.parametrize(
    "path", sorted(DEPLOY.rglob("README.md")), ids=lambda path: path.relative_to(DEPLOY).as_posix()
)
def test_what_a_readme_names_is_there(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^):]+)\)", text):
        assert (path.parent / target).exists(), target
    for name in re.findall(r"`(deploy/[\w./-]+)`", text):
        assert (ROOT / name).exists(), name
    variables = set(re.findall(r"\bCLASS_[A-Z]+", text))
    assert variables <= set(re.findall(r"CLASS_[A-Z]+", HUB.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("lake-7", True),
        ("ada", True),
        ("ada lovelace", False),
        ("ada/../..", False),
        ("ada\n", False),
        ("7a", False),
    ],
)
def test_a_name_that_is_no_folder_is_refused(room, name, folder):
    """JupyterHub asks with `match`, which is content with a beginning."""
    assert bool(re.match(settings().Authenticator.username_pattern, name)) is folder


def test_country_and_language_reach_every_learner(room, monkeypatch):
    monkeypatch.setenv("CLEANWORKS_PROFILE", "uganda")
    monkeypatch.setenv("CLEANWORKS_LANGUAGE", "fr")
    chosen = {"CLEANWORKS_PROFILE": "uganda", "CLEANWORKS_LANGUAGE": "fr"}
    assert settings().Spawner.environment == chosen
