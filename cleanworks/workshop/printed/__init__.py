"""The book away from the browser: PDF of the whole and of each part, and EPUB, made from the pages of a built book.

:mod:`.chapters` turns pages into chapters that need no script; :mod:`.pdf` prints them; :mod:`.epub` packs them.
"""
