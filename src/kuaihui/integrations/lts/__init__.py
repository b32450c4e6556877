"""Huawei Cloud LTS: logs by group and stream."""
