"""A small Huawei Cloud LTS: the search of a stream over records in memory."""
