// Tern's pages
