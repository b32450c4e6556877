"""Huawei Cloud LTS as a source of logs."""
