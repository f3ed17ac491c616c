// TernStats
