"""Schema history. One file a step under `versions`; a step that shipped is never edited."""
