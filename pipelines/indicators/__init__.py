"""The rows of the registry held against the cards, and the contracts of the wide marts that follow from them."""
