"""What programs that answer people's questions can ask of a release, each answer with its source and its limits.

Belongs here: the questions, their answers, and when a question is refused. Not here: the protocol, which is the work of
the plugin of the same name and of the `mcp` package; figures and sentences, which the pages make.
"""
