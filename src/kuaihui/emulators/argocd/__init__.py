"""The part of Argo CD that tells what was changed, in memory."""
