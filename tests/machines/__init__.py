"""Other machines than this one, outside of the suite: most need the superuser, and minutes. See docs/platforms.md."""
