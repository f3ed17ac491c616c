// TernInference
