"""The calls we make to Feishu and the events it sends us, in types: no decisions, no state but tokens and paces."""
