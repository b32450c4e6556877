"""GitLab: deployments, merged requests and pipelines."""
