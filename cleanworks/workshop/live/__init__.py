"""Python in the page: the files that a browser needs to run the cells of a lesson, with nothing installed.

`release` knows the one release of Pyodide that is used, `fetch` brings its files here and checks them, `images` packs them into
what a page loads, `needs` says which of it a notebook needs, and `payload` puts all of it beside the pages of a book.
"""
