"""Kubernetes: what a workload was rolled out to, and when, Argo Rollouts among them."""
