"""Slides of a lesson, made from its executed copy, with what the speaker says and how long."""

from cleanworks.workshop.slides.deck import MINUTES, SHARE, Block, Deck, Slide, deck, shown_share
from cleanworks.workshop.slides.deck_page import page, write_library

__all__ = ["MINUTES", "SHARE", "Block", "Deck", "Slide", "deck", "page", "shown_share", "write_library"]
