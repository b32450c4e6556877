"""Changes that pipelines tell."""
