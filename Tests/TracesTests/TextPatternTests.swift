import TernKernel
import Testing

@testable import Traces

@Suite struct TextPatterns {
    @Test(
        arguments: [
            ("abc", "xabcx", true), ("^abc", "xabc", false), ("abc$", "abcx", false), ("^a.c$", "a\nc", false), ("^a.c$", "aüc", true),
            ("colou?r", "color", true), ("a|b|c", "xxc", true), ("^(ab)+$", "ababab", true), ("^(ab)+$", "ababa", false), ("a{2,3}$", "a", false),
            ("^a{2,3}$", "aaaa", false), ("^a{2,}$", "aaaa", true), ("^a{2}$", "aa", true), ("a{x}", "a{x}", true), ("[a-c]+\\d", "zzb7", true),
            ("^[^a-c]$", "d", true), ("^[^a-c]$", "b", false), ("[]a]", "]", true), ("\\bcat\\b", "a cat.", true), ("\\bcat\\b", "concat", false),
            ("\\w+@\\w+\\.com", "me@x.com", true), ("(?i)ÄBC", "äbc", true), ("(?i)[a-z]+", "ABC", true), ("(?:a|b)c", "bc", true),
            ("a*?b", "aab", true),
            ("", "anything", true), ("^$", "", true), ("^$", "x", false), ("\\.", "a", false), ("[\\d_]", "_", true), ("()*x", "x", true),
        ] as [(String, String, Bool)])
    func `each expression fits what it should`(pattern: String, text: String, fits: Bool) throws {
        #expect(try TextPattern(pattern).matches(text) == fits)
    }

    @Test(arguments: ["(", ")", "[", "a{3,2}", "*a", "+", "?", "\\", "(?=a)", "a{1001}", "[b-a]", "\\q", "(((a{500}){500}){500})"])
    func `what is no expression is refused`(pattern: String) { #expect(throws: TernError.self) { try TextPattern(pattern) } }

    @Test func `an expression that would take for ever elsewhere ends here`() throws {
        #expect(try !TextPattern("^(a+)+b$").matches(String(repeating: "a", count: 5000)))
        #expect(try !TextPattern("(x+x+)+y").matches(String(repeating: "x", count: 2000)))
        _ = try? TextPattern("((((){1000}){1000}){1000}){1000}")
    }

    @Test func `random expressions are read or refused, and never crash`() {
        let letters = Array("ab()[]{}|*+?\\^$.,-12 ")
        for _ in 0..<3000 {
            let pattern = String((0..<Int.random(in: 0...12)).map { _ in letters.randomElement() ?? "a" })
            _ = try? TextPattern(pattern).matches("ab12 ab")
        }
    }
}

@Suite struct Likeness {
    @Test(
        arguments: [
            ("%", "", true), ("a%", "abc", true), ("%c", "abc", true), ("_b_", "abc", true), ("a_", "abc", false), ("%b%", "abc", true),
            ("A%", "abc", false), ("", "", true), ("", "a", false), ("%a%b%", "xxaxxbxx", true), ("%a%b%", "xxbxxaxx", false), ("\\%", "\\x", true),
        ] as [(String, String, Bool)])
    func `LIKE is what the databases mean by it`(pattern: String, text: String, fits: Bool) {
        #expect(TextComparison.like(pattern, caseSensitive: true).holds(for: text) == fits)
    }

    @Test func `without regard to case it is ILIKE`() {
        #expect(TextComparison.like("Ä%", caseSensitive: false).holds(for: "äbc"))
        #expect(!TextComparison.equal("a").holds(for: nil))
    }
}
