"""How a notebook's typed cells become a page: `cells` marks them up, `boxes` turns the marks into HTML, `front` says at
the top what the notebook's metadata says, `readable_tables` and `source_list` tidy what others produce. `static` holds the style
sheet and the one script. Everything is wired into Sphinx by `cleanworks.workshop.sphinxext`.
"""
