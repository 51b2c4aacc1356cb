"""Slides of a lesson, made from its executed copy, with what the speaker says and how long."""

from cleanworks.workshop.slides.deck import Deck, Slide, deck
from cleanworks.workshop.slides.page import page, write_library

__all__ = ["Deck", "Slide", "deck", "page", "write_library"]
