"""The pages: a module for each room, with its templates of the same name."""
