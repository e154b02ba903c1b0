"""The parameters of the tasks, by the stage that first needs them, and the options that steps take made of them.

A task further down takes the parameters of those upstream, so that one command line configures the whole chain.
"""
