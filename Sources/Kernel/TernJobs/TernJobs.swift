// TernJobs
