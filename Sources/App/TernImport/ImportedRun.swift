import TernKernel
