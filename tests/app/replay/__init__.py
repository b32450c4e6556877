"""Old incidents run again, and journals of alerts heard anew."""
