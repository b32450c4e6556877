"""The outside world as emulators play it, each against its vendor's own client."""
