def load(): pass
def check(): pass
