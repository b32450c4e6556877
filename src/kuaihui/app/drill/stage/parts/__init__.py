"""The programs of the stage: each is a process of its own, told what to be by one JSON argument."""
