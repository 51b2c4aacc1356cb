"""Files of a class that never was, as the pages would have saved them."""

from __future__ import annotations

import json
import random

from cleanworks.workshop.forms import form_for, handed_in


def answer_file(key, code, kind, answers, changes=None) -> bytes:
    form = "" if kind in handed_in.SURVEYS else form_for(code, kind)
    content = {
        "format": handed_in.FORMAT,
        "workshop": key.workshop,
        "test": key.test,
        "kind": kind,
        "form": form,
        "code": code,
        "answers": [[id, answers[id]] for id in sorted(answers)],
    }
    content.update(changes or {})
    content["check"] = handed_in.checksum(content)
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def given_answers(key, code, kind, ability, chance) -> dict:
    given = {}
    for id in key.forms[form_for(code, kind)]:
        item = key.items[id]
        if chance.random() < ability:
            given[id] = list(item.right)
        else:
            given[id] = [chance.choice([n for n in range(item.options) if n not in item.right])]
    return given


def write_class(folder, key, people, seed=1):
    """A class that knows 40 % before and 70 % after; every eighth person leaves early."""
    chance = random.Random(seed)
    folder.mkdir(exist_ok=True)
    for person in range(people):
        code = f"P{person:05}"
        for kind, ability in (("before", 0.4), ("after", 0.7)):
            if kind == "after" and person % 8 == 7:
                continue
            content = answer_file(key, code, kind, given_answers(key, code, kind, ability, chance))
            (folder / f"{kind}-{code}.json").write_bytes(content)
        marks = {id: [chance.randint(3, 5)] for id, s in key.statements.items() if s.kind == "scale"}
        words = {"next": f"I will count the days, said <b>person</b> {person}."}
        (folder / f"evaluation-{code}.json").write_bytes(answer_file(key, code, "evaluation", marks | words))
    return folder
