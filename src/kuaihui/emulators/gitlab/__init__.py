"""The part of GitLab that tells what was changed, in memory."""
