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

    /// Every attribute of MLflow's table under each of its names, with every comparison that it has, and those that it has not.
    @Test(arguments: [
        ("run_id", "id"), ("run_name", "name"), ("`run name`", "name"), ("`Run name`", "name"), ("`Run Name`", "name"), ("status", "status"),
        ("user_id", "user_id"), ("artifact_uri", "artifact_uri"),
    ])
    func `texts of runs compare in four ways`(written: String, column: String) throws {
        for (prefix, isBare) in [("", true), ("attribute.", false), ("attributes.", false), ("attr.", false), ("run.", false)] {
            let name = prefix + written
            let field = SearchField.attribute(column)
            #expect(try FilterMeaning.runs.filter("\(name) = 'x'").conditions == [.init(field, .equal("x"))], "\(isBare)")
            #expect(try FilterMeaning.runs.filter("\(name) != 'x'").conditions == [.init(field, .notEqual("x"))])
            #expect(try FilterMeaning.runs.filter("\(name) LIKE 'x%'").conditions == [.init(field, .like("x%", caseSensitive: true))])
            #expect(try FilterMeaning.runs.filter("\(name) ilike 'x%'").conditions == [.init(field, .like("x%", caseSensitive: false))])
            for comparison in [">", "<", ">=", "<=", "RLIKE"] {
                #expect(message { _ = try FilterMeaning.runs.filter("\(name) \(comparison) 'x'") }.hasPrefix("Invalid comparator"))
            }
            #expect(message { _ = try FilterMeaning.runs.filter("\(name) IS NULL") }.contains("only supported for tags and params"))
            if column != "id" { #expect(message { _ = try FilterMeaning.runs.filter("\(name) IN ('x')") }.contains("Only ['run_id']")) }
        }
    }

    @Test(arguments: [
        ("start_time", SearchField.attribute("start_time")), ("created", .attribute("start_time")), ("Created", .attribute("start_time")),
        ("end_time", .attribute("end_time")), ("metrics.m", .metric("m")), ("metric.m", .metric("m")),
    ])
    func `numbers of runs compare in six ways`(name: String, field: SearchField) throws {
        for comparison in ["<", "<=", ">", ">=", "=", "!="] {
            let ordering = try #require(SearchFilter.Ordering(rawValue: comparison))
            #expect(try FilterMeaning.runs.filter("\(name) \(comparison) -2.5e1").conditions == [.init(field, .number(ordering, -25))])
            #expect(message { _ = try FilterMeaning.runs.filter("\(name) \(comparison) '1'") }.contains("Expected numeric value type"))
        }
        for wrong in ["LIKE '1'", "ILIKE '1'", "IN ('1')"] {
            #expect(message { _ = try FilterMeaning.runs.filter("\(name) \(wrong)") }.contains("Expected numeric value type"))
        }
    }

    @Test(arguments: ["params", "param", "parameter", "parameters", "tag", "tags"])
    func `params and tags compare in six ways, never with a list`(entity: String) throws {
        let field: SearchField = entity.hasPrefix("tag") ? .tag("k.e-y") : .param("k.e-y")
        let name = "\(entity).`k.e-y`"
        let comparisons: [(String, SearchFilter.Comparison)] = [
            ("= 'x'", .equal("x")), ("!= \"x\"", .notEqual("x")), ("LIKE 'x_'", .like("x_", caseSensitive: true)),
            ("ILIKE 'x_'", .like("x_", caseSensitive: false)), ("IS NULL", .missing), ("is not null", .present),
        ]
        for (text, comparison) in comparisons {
            #expect(try FilterMeaning.runs.filter("\(name) \(text)").conditions == [.init(field, comparison)])
        }
        for wrong in ["> 'x'", "<= 'x'", "RLIKE 'x'", "IN ('x')", "NOT IN ('x')", "= 1", "= x"] {
            #expect(message { _ = try FilterMeaning.runs.filter("\(name) \(wrong)") } != "(no error)", "\(wrong)")
        }
    }

    @Test(arguments: ["name", "digest", "context"])
    func `datasets compare in six ways`(key: String) throws {
        for entity in ["dataset", "datasets"] {
            for (text, comparison) in [
                ("= 'x'", SearchFilter.Comparison.equal("x")), ("!= 'x'", .notEqual("x")), ("LIKE 'x'", .like("x", caseSensitive: true)),
                ("ILIKE 'x'", .like("x", caseSensitive: false)), ("IN ('x', 'y')", .oneOf(["x", "y"])), ("NOT IN ('x')", .noneOf(["x"])),
            ] {
                #expect(try FilterMeaning.runs.filter("\(entity).\(key) \(text)").conditions == [.init(.dataset(key), comparison)])
            }
            #expect(message { _ = try FilterMeaning.runs.filter("\(entity).\(key) IS NULL") }.contains("only supported for tags and params"))
        }
    }

    @Test func `experiments have four attributes and tags`() throws {
        let filter = FilterMeaning.experiments
        #expect(try filter.filter("attribute.name ILIKE 'a%'").conditions == [.init(.attribute("name"), .like("a%", caseSensitive: false))])
        #expect(try filter.filter("experiment_id IN ('1','2')").conditions == [.init(.attribute("id"), .oneOf(["1", "2"]))])
        #expect(try filter.filter("experiment_id NOT IN ('1')").conditions == [.init(.attribute("id"), .noneOf(["1"]))])
        #expect(try filter.filter("creation_time > 5").conditions == [.init(.attribute("created_at"), .number(.greater, 5))])
        #expect(try filter.filter("last_update_time != 5").conditions == [.init(.attribute("updated_at"), .number(.notEqual, 5))])
        #expect(try filter.filter("tags.a IS NOT NULL AND tag.b = 'c'").conditions == [.init(.tag("a"), .present), .init(.tag("b"), .equal("c"))])
        #expect(message { _ = try filter.filter("attributes.name = 'x'") }.hasPrefix("Invalid entity type 'attributes'. Valid entity types are"))
        #expect(message { _ = try filter.filter("metrics.a > 1") }.hasPrefix("Invalid entity type 'metrics'"))
        #expect(message { _ = try filter.filter("lifecycle_stage = 'active'") }.hasPrefix("Invalid attribute key 'lifecycle_stage'"))
        #expect(message { _ = try filter.filter("experiment_id = 1") } == "Expected a quoted string value for attributes. Got value 1")
        #expect(message { _ = try filter.filter("name IN ('a')") }.contains("Only ['experiment_id']"))
        for name in ["name", "experiment_id", "creation_time", "last_update_time"] { #expect(try filter.order([name + " DESC"]).count == 1) }
        #expect(message { _ = try filter.order(["lifecycle_stage"]) } != "(no error)")
    }

    @Test(arguments: ["name", "model_id", "model_type", "status", "source_run_id"])
    func `texts of logged models also compare with lists`(name: String) throws {
        for text in ["= 'x'", "!= 'x'", "LIKE 'x'", "ILIKE 'x'", "IN ('x')", "NOT IN ('x')"] {
            #expect(try FilterMeaning.loggedModels.filter("\(name) \(text)").conditions.count == 1)
            #expect(try FilterMeaning.loggedModels.filter("attributes.\(name) \(text)").conditions.count == 1)
        }
        for wrong in ["> 'x'", "= 1", "IS NULL"] {
            #expect(message { _ = try FilterMeaning.loggedModels.filter("\(name) \(wrong)") } != "(no error)")
        }
    }

    @Test(arguments: [
        "'", "tags.`", "tags.", "tags..a = 'x'", "= 'x'", "tags.a =", "tags.a = 'x' 'y'", "tags.a 'x'", "metrics.a > 1 AND AND metrics.b > 1",
        "metrics.a > 1 AND (metrics.b > 1)", "metrics.a > 1 or metrics.b > 1", "NOT metrics.a > 1", "run_id IN ('a', 'b'", "run_id IN 'a'",
        "run_id IN ('a' 'b')", "metrics.a > +", "metrics.a > 1e", "metrics.a > 1 2", "tags.a IS", "tags.a IS NOT", "tags.a NOT LIKE 'x'", "\u{0}",
        "metrics.a > 0x10", "params.a = ''x''",
    ])
    func `half a clause is refused`(filter: String) {
        #expect(message { _ = try FilterMeaning.runs.filter(filter) } != "(no error)", "\(filter)")
    }

    @Test func `any text is read or refused, never a crash`() {
        let words = [
            "metrics", "tags", ".", "a", "`", "'", "\"", " ", "=", "!=", ">", "IN", "(", ")", ",", "AND", "IS", "NULL", "1", "-", "e", ";", "é", "\n",
        ]
        var state: UInt64 = 42
        for _ in 0..<5000 {
            var text = ""
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1
                text += words[Int(state >> 33) % words.count]
            }
            _ = message { _ = try FilterMeaning.runs.filter(text) }
            _ = message { _ = try FilterMeaning.runs.order([text]) }
        }
    }

    @Test func `a key may stand in single quotes as well`() throws {
        #expect(try FilterMeaning.runs.filter("tags.'a b' = 'x'").conditions == [.init(.tag("a b"), .equal("x"))])
        #expect(try FilterMeaning.runs.filter("tags.1a = 'x'").conditions == [.init(.tag("1a"), .equal("x"))])
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
