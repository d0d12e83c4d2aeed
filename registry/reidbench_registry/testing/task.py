"""Tasks and protocols."""

from __future__ import annotations

import json

from ..signature import signature
from ..types import EvalProtocol, Task
from .subject import Subject, require, skip


def gives_a_task(subject: Subject) -> None:
    """It returns a Task, named."""
    task = subject.build()
    require(isinstance(task, Task), f"it returns {task!r}, no Task")
    require(isinstance(task.name, str) and task.name, f"the task's name is {task.name!r}")


def has_a_stable_identity(subject: Subject) -> None:
    """Its description is plain JSON, and the same each time."""
    first, again = subject.build().describe(), subject.build().describe()
    require(first == again, "two tasks of the same arguments describe themselves differently")
    require(json.loads(json.dumps(first)) == first, "the description is no plain JSON")


def gives_a_protocol(subject: Subject) -> None:
    """It returns an EvalProtocol with tasks, each a config `dict(type=...)`, none twice."""
    protocol = subject.build()
    require(isinstance(protocol, EvalProtocol), f"it returns {protocol!r}, no EvalProtocol")
    require(isinstance(protocol.name, str) and protocol.name, f"its name is {protocol.name!r}")
    require(protocol.tasks, "it has no tasks")
    rows = []
    for task in protocol.tasks:
        typed = isinstance(task, dict) and isinstance(task.get("type"), str)
        require(typed, f"a task is given as dict(type='name', ...), got {task!r}")
        rows.append(json.dumps(task, sort_keys=True))
    require(len(set(rows)) == len(rows), "a task is in it twice")


def repeats_itself(subject: Subject) -> None:
    """Built twice it is the same."""
    require(subject.build() == subject.build(), "two calls return two different protocols")


def can_be_tuned_on_val(subject: Subject) -> None:
    """Where it takes a `split`, that decides where queries and gallery come from."""
    if "split" not in signature(subject.entry).parameters:
        skip("it takes no split")
    built = subject.build(split="val")
    if isinstance(built, Task):
        splits = {built.query.split, built.gallery.split}
        require(splits == {"val"}, f"split='val' selects from {', '.join(sorted(splits))}")
    else:
        for task in built.tasks:
            require("val" in task.values(), f"split='val' does not reach the task {task['type']!r}")
