"""Exercise sets: the proof that every check does its work, and the split into what learners and instructors get.

`plan` turns a set into trials (one notebook of cells to run), `inside` is what runs in the kernel between two trials, `proof` has the
trials executed and judges them, `split` writes the editions.
"""

from cleanworks.workshop.exercises.proof import Fault, Proof, prove
from cleanworks.workshop.exercises.split import split

__all__ = ["Fault", "Proof", "prove", "split"]
