import TernKernel
import Testing
import Tracking

@testable import Dialects

@Suite struct MLflowFilterTests {
    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "(no error)"
        } catch {
            return TernError.wrap(error).message
        }
    }

    @Test func `an empty filter has no conditions`() throws {
        #expect(try FilterMeaning.runs.filter("").conditions.isEmpty)
        #expect(try FilterMeaning.runs.filter(nil).conditions.isEmpty)
        #expect(try FilterMeaning.runs.filter("   ").conditions.isEmpty)
    }

    @Test func `every entity of runs reads under all of its names`() throws {
        for name in ["metric", "metrics"] {
            #expect(try FilterMeaning.runs.filter("\(name).loss < 1e-3").conditions == [.init(.metric("loss"), .number(.less, 0.001))])
        }
        for name in ["param", "params", "parameter", "parameters"] {
            #expect(try FilterMeaning.runs.filter("\(name).a = 'x'").conditions == [.init(.param("a"), .equal("x"))])
        }
        for name in ["attribute", "attributes", "attr", "run"] {
            #expect(try FilterMeaning.runs.filter("\(name).status != 'FAILED'").conditions == [.init(.attribute("status"), .notEqual("FAILED"))])
        }
        #expect(try FilterMeaning.runs.filter("status = \"FINISHED\"").conditions == [.init(.attribute("status"), .equal("FINISHED"))])
        #expect(try FilterMeaning.runs.filter("datasets.name LIKE 'a%'").conditions == [.init(.dataset("name"), .like("a%", caseSensitive: true))])
    }

    @Test func `keys may hold dots, and anything in backticks or double quotes`() throws {
        #expect(try FilterMeaning.runs.filter("tags.mlflow.user = 'me'").conditions == [.init(.tag("mlflow.user"), .equal("me"))])
        #expect(try FilterMeaning.runs.filter("metrics.`a b-c` >= -5").conditions == [.init(.metric("a b-c"), .number(.greaterOrEqual, -5))])
        #expect(try FilterMeaning.runs.filter("metrics.\"m\" != .5").conditions == [.init(.metric("m"), .number(.notEqual, 0.5))])
        #expect(try FilterMeaning.runs.filter("`run name` = 'x'").conditions == [.init(.attribute("name"), .equal("x"))])
    }

    @Test func `words are read in any case, and spaces do not matter`() throws {
        let filter = try FilterMeaning.runs.filter("tags.a iLike 'X%'  and\tparams.b Is Not Null AND run_id not in ('a' ,'b')and end_time>3")
        #expect(
            filter.conditions == [
                .init(.tag("a"), .like("X%", caseSensitive: false)), .init(.param("b"), .present), .init(.attribute("id"), .noneOf(["a", "b"])),
                .init(.attribute("end_time"), .number(.greater, 3)),
            ])
        #expect(try FilterMeaning.runs.filter("tags.a IS NULL").conditions == [.init(.tag("a"), .missing)])
        #expect(try FilterMeaning.runs.filter("run_id IN ('a',)").conditions == [.init(.attribute("id"), .oneOf(["a"]))])
    }

    @Test func `quotes inside other quotes are text`() throws {
        #expect(try FilterMeaning.runs.filter("params.a = \"it's\"").conditions == [.init(.param("a"), .equal("it's"))])
        #expect(
            try FilterMeaning.runs.filter("params.a = 'it''s' AND params.b = ''").conditions == [
                .init(.param("a"), .equal("it's")), .init(.param("b"), .equal("")),
            ])
        #expect(try FilterMeaning.runs.filter("params.a = 'x AND y = (1)'").conditions == [.init(.param("a"), .equal("x AND y = (1)"))])
    }

    @Test(arguments: [
        ("metrics.a > 1 OR metrics.b > 2", "'OR' at character 15"),
        ("metrics.a > 1;", "';' at character 14"),
        ("(metrics.a > 1)", "'(' at character 1"),
        ("metrics.a >", "ends at character 12"),
        ("metrics.a BETWEEN 1 AND 2", "'BETWEEN' at character 11"),
        ("params.a = 'x", "quote at character 12"),
        ("metrics.a > 1 AND", "ends at character 18"),
        ("metrics.a = = 1", "'=' at character 13"),
        ("AND", "ends at character 4"),
        ("💥", "'💥' at character 1"),
    ])
    func `what is not in the grammar is refused at its character`(filter: String, expected: String) {
        let text = message { _ = try FilterMeaning.runs.filter(filter) }
        #expect(text.hasPrefix("Invalid clause(s) in filter string"))
        #expect(text.contains(expected), "\(text)")
    }

    @Test(arguments: [
        ("metrics.a > 'x'", "Expected numeric value type for metric. Found 'x'"),
        ("metrics.a > nan", "Expected numeric value type for metric. Found nan"),
        ("params.a = 5", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 5"),
        ("params.a > '5'", "Invalid comparator '>' not one of"),
        ("metrics.a LIKE 'x'", "Expected numeric value type for metric."),
        ("foo.a = 'x'", "Invalid entity type 'foo'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']"),
        ("nope = 'x'", "Invalid attribute key 'nope' specified"),
        ("dataset.size = 'x'", "Invalid dataset key 'size' specified"),
        ("metrics.a IS NULL", "IS NULL / IS NOT NULL is only supported for tags and params, not for 'metric' 'a'"),
        ("status IN ('a')", "Only ['run_id'] attributes support comparison with a list"),
        ("run_id IN ()", "expected a non-empty list of string values"),
        ("run_id IN (1)", "expected string value"),
        ("start_time > 'x'", "Expected numeric value type for numeric attribute: start_time. Found 'x'"),
    ])
    func `what makes no sense is refused in MLflow's words`(filter: String, expected: String) {
        let text = message { _ = try FilterMeaning.runs.filter(filter) }
        #expect(text.contains(expected), "\(text)")
    }

    @Test func `an ordering names a field and a direction`() throws {
        let order = try FilterMeaning.runs.order(["metrics.`a b` DESC", "start_time", "params.x asc"])
        #expect(
            order == [
                SearchOrder(.metric("a b"), ascending: false), SearchOrder(.attribute("start_time"), ascending: true),
                SearchOrder(.param("x"), ascending: true),
            ])
    }

    @Test func `an ordering that cannot be read, repeats a field or names a dataset is refused`() {
        #expect(message { _ = try FilterMeaning.runs.order(["metrics.a down"]) }.contains("Invalid ordering key in order_by clause"))
        #expect(message { _ = try FilterMeaning.runs.order(["metrics.a ASC, b"]) }.contains("Could not be parsed"))
        #expect(message { _ = try FilterMeaning.runs.order([""]) }.contains("Could not be parsed"))
        #expect(message { _ = try FilterMeaning.runs.order(["start_time", "created DESC"]) }.contains("duplicate fields"))
        #expect(message { _ = try FilterMeaning.runs.order(["dataset.name"]) }.contains("dataset"))
    }

    @Test func `logged models have their own words`() throws {
        #expect(
            try FilterMeaning.loggedModels.filter("status = 'LOGGED_MODEL_READY' AND name IN ('a','b')").conditions
                == [.init(.attribute("status"), .equal("READY")), .init(.attribute("name"), .oneOf(["a", "b"]))])
        #expect(message { _ = try FilterMeaning.loggedModels.filter("metric.a > 1") }.contains("Invalid entity type: 'metric'"))
    }

    @Test func `several expressions are refused as such`() {
        #expect(message { _ = try FilterMeaning.runs.filter("run_id = 'b'; name = 'd'") }.hasPrefix("Search filter contained multiple expression"))
    }

    @Test func `page tokens come back as they went, and others are refused`() throws {
        #expect(PageToken.make(2) == .string("eyJvZmZzZXQiOiAyfQ=="))
        #expect(try PageToken.offset("eyJvZmZzZXQiOiAyfQ==") == 2)
        #expect(try PageToken.offset(nil) == 0)
        #expect(try PageToken.offset("") == 0)
        #expect(message { _ = try PageToken.offset("?") } == "Invalid page token, could not base64-decode")
        #expect(message { _ = try PageToken.offset("eHg=") }.contains("decoded value=xx"))
        #expect(message { _ = try PageToken.offset("eyJvZmZzZXQiOiAtMn0=") }.contains("parsed value"))
    }
}
