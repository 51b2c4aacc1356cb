"""The toolkit: it would run anyone's course."""

from .quick_start import defer_address_grammar

defer_address_grammar()
