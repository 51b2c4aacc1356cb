"""Slides of a lesson, made from its executed copy, with what the speaker says and how long."""

from cleanworks.workshop.slides.deck import MINUTES, Block, Deck, Slide, deck
from cleanworks.workshop.slides.page import page, write_library

__all__ = ["MINUTES", "Block", "Deck", "Slide", "deck", "page", "write_library"]
