// Releases
