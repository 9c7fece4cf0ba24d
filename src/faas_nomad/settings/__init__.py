"""One typed page of settings, and where each value came from.

`load.load_settings` merges flags, environment, a file and the defaults of `page.Settings`;
everything else here is generated from that page.
"""
