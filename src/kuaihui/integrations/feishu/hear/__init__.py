"""What Feishu tells and what can be looked up there, in our own words: deeds of people, and alerts."""
