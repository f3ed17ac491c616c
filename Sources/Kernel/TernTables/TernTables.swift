// TernTables
