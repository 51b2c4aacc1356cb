"""From a workshop file to everything that a workshop hands out.

`programme` settles modules and clock; `agenda_files`, `learner`, `instructor` make products; `wheels` fetches what
installs without a network; `workshop_folder` puts all in one folder and one zip; `verify` checks a kit on the learner's side.
"""
