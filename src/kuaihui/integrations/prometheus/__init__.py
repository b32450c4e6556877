"""Prometheus, and whatever else speaks its HTTP API: VictoriaMetrics, Thanos, Mimir, Huawei's AOM."""
