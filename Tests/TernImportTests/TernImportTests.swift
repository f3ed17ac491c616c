import Testing

@testable import TernImport
