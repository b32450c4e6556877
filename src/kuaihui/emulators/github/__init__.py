"""The part of GitHub that tells what was changed, in memory."""
