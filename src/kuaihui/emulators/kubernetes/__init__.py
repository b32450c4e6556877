"""The part of the Kubernetes API that tells what was changed, in memory."""
