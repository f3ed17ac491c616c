import Foundation
import Testing

@testable import Dialects

@Suite struct MLflowNumbersTests {
    @Test(arguments: [
        ("1.5", 1.5), (" 1.5 ", 1.5), ("\t-2\n", -2), ("+3", 3), ("1_000", 1000), ("1_0.2_5e1_0", 10.25e10), (".5", 0.5), ("5.", 5), ("1e3", 1000),
        ("1E-2", 0.01), ("1e400", .infinity), ("-1e400", -.infinity), ("1e-400", 0), ("inf", .infinity), ("-Infinity", -.infinity),
        ("+INF", .infinity), ("007", 7),
    ])
    func `text that Python's float takes is that number`(text: String, value: Double) { #expect(PythonFloat.value(of: text) == value) }

    @Test(arguments: ["nan", "NaN", "-nan", " NAN "])
    func `not a number is one of them`(text: String) { #expect(PythonFloat.value(of: text)?.isNaN == true) }

    @Test(arguments: [
        "", " ", "0x10", "0x1p3", "1__0", "_1", "1_", "1_.5", "1._5", ".", "-", "+", "e5", "1e", "1e+", "1e_5", "--1", "1 2", "1,5", "in", "infinit",
        "nan(1)", "1.2.3", "١",
    ])
    func `text that it does not take is none`(text: String) { #expect(PythonFloat.value(of: text) == nil) }

    @Test func `whatever the text is, it is a number or none`() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("0123456789._eE+- xnaif")
        for _ in 0..<20_000 {
            let text = String((0..<Int.random(in: 0...9, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? "0" })
            let plain = text.trimmingCharacters(in: .whitespaces)
            // Where there is neither an underscore nor a hexadecimal digit, Python and C agree.
            if !text.contains("_"), !text.contains("x"), !text.contains("n"), !text.contains("i") {
                #expect((PythonFloat.value(of: text) == nil) == (Double(plain) == nil), "'\(text)'")
            }
            _ = PythonFloat.value(of: text)
        }
    }

    @Test(arguments: [
        ("models", "/srv/models"), ("./models", "/srv/models"), ("a/b", "/srv/a/b"), ("/abs", "/abs"), ("file:///abs", "file:///abs"),
        ("file:rel", "file:///srv/rel"), ("s3://bucket/p", "s3://bucket/p"), ("mlflow-artifacts:/x", "mlflow-artifacts:/x"),
        ("file://localhost/x", "file://localhost/x"), ("a b:c", "/srv/a b:c"),
    ])
    func `a relative place counts from the server's folder`(location: String, absolute: String) throws {
        #expect(try ArtifactLocation.absolute(location, from: "/srv") == absolute)
        #expect(try ArtifactLocation.absolute(location, from: "/srv/") == absolute)
    }

    @Test func `files of another host are refused`() { #expect(throws: (any Error).self) { try ArtifactLocation.absolute("file://other/x") } }
}
