"""The store of received bytes, as they came, and the pages of a fetch that broke off."""
