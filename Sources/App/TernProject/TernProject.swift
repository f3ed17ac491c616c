// TernProject
