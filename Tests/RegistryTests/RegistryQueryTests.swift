import TernKernel
import Testing

@testable import Registry

@Suite struct RegistryQueryTests {
    private let subject = RegistryQuery.Subject(
        name: "Market_1", version: 3, run: nil, source: "s3://b/x", created: Timestamp(milliseconds: 10), updated: Timestamp(milliseconds: 20),
        tags: ["team": "grid"])

    private func holds(_ field: RegistryQuery.Field, _ comparison: RegistryQuery.Comparison, _ operand: RegistryQuery.Operand) -> Bool {
        RegistryQuery(conditions: [.init(field, comparison, operand)]).matches(subject)
    }

    @Test func `LIKE minds the case, ILIKE does not`() {
        #expect(holds(.name, .like, .text("Market%")))
        #expect(!holds(.name, .like, .text("market%")))
        #expect(holds(.name, .likeAnyCase, .text("mARKET__")))
        #expect(!holds(.name, .likeAnyCase, .text("mARKET_")))
    }

    @Test func `what is not there matches nothing`() {
        #expect(!holds(.run, .unequal, .text("r1")))
        #expect(!holds(.tag("owner"), .unequal, .text("x")))
        #expect(holds(.tag("team"), .unequal, .text("x")))
    }

    @Test func `numbers and lists compare as asked`() {
        #expect(holds(.version, .greaterOrEqual, .number(3)))
        #expect(!holds(.version, .less, .number(3)))
        #expect(holds(.name, .among, .list(["a", "Market_1"])))
        #expect(!holds(.name, .notAmong, .list(["a", "Market_1"])))
    }

    @Test(arguments: [
        ("%", "", true), ("", "", true), ("", "a", false), ("a%c", "abbc", true), ("a%c", "abbd", false), ("%a%b%", "xxaxxbxx", true),
        ("_", "", false), ("%%%", "x", true), ("a_c", "abc", true), ("%ab", "aab", true),
    ]) func `patterns match as SQL says`(pattern: String, text: String, matches: Bool) {
        #expect(LikePattern(pattern).matches(text) == matches)
    }

    @Test(.timeLimit(.minutes(1))) func `a hostile pattern does not take forever`() {
        let pattern = String(repeating: "%a", count: 200)
        #expect(!LikePattern(pattern + "b").matches(String(repeating: "a", count: 5000)))
    }

    @Test func `a prompt filter finds prompts only when it says so`() {
        let asks = RegistryQuery(conditions: [.init(.tag(RegistryQuery.promptTag), .equal, .text("true"))])
        let excludes = RegistryQuery(conditions: [.init(.tag(RegistryQuery.promptTag), .unequal, .text("true"))])
        #expect(asks.wantsPrompts)
        #expect(!excludes.wantsPrompts)
        #expect(excludes.matches(subject))
        #expect(!asks.matches(subject))
    }
}
