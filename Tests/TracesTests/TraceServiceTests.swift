import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Traces

private let editor = Identity(name: "tester", role: .editor)

/// A service whose experiments are 0, 1 and, deleted, 2.
private func withTraces(_ body: (TraceService) async throws -> Void) async throws {
    try await withDatabase(TracesRoom.migrations) { database in
        try await body(
            TraceService(
                database: database,
                ports: TracePorts(experiment: { id in
                    guard (0...2).contains(id) else { throw TernError.notFound("No Experiment with id=\(id) exists") }
                    return TracePorts.ExperimentFacts(artifactLocation: "mlflow-artifacts:/\(id)", isActive: id != 2)
                })))
    }
}

private func span(
    _ id: String, _ attributes: [String: JSON] = [:], parent: String? = nil, from: Int64 = 1_000_000_000, to: Int64? = 2_000_000_000,
    status: Span.Status = .ok
) -> Span {
    Span(trace: "tr-1", id: id, parent: parent, name: "span \(id)", startedAt: from, endedAt: to, status: status, attributes: attributes)
}

@Suite struct SpansAndTraces {
    @Test func `spans make their trace, and say when and how it went`() async throws {
        try await withTraces { traces in
            try await traces.log(
                [SpanBatch(resource: ["service.name": "shop", "mlflow.x": "no"], spans: [span("b", parent: "a", from: 1_500_000_000)])], experiment: 1
            )
            var info = try await traces.info("tr-1")
            #expect(info.state == .inProgress && info.requestedAt == 1500 && info.experiment == 1)
            #expect(info.tags["service.name"] == "shop" && info.tags["mlflow.x"] == nil)
            #expect(info.tags[TraceKey.artifactLocation] == "mlflow-artifacts:/1/traces/tr-1/artifacts")
            try await traces.log(
                [
                    SpanBatch(spans: [
                        span("a", ["mlflow.spanInputs": ["q": 1], "user.id": "u"], to: 4_000_000_000, status: .error)
                    ])
                ],
                experiment: 1, run: "r")
            info = try await traces.info("tr-1")
            #expect(info.state == .error && info.requestedAt == 1000 && info.duration == 3000 && info.requestPreview == "{\"q\":1}")
            #expect(info.metadata[TraceKey.user] == "u" && info.tags[TraceKey.name] == "span a")
            #expect(try await traces.runs(of: "tr-1") == ["r"])
            #expect(try await traces.trace("tr-1").spans.map(\.id) == ["a", "b"])
        }
    }

    @Test func `an experiment's traces are purged, however many there are, and no other's`() async throws {
        try await withTraces { traces in
            for number in 0..<1001 { _ = try await traces.start(TraceInfo(id: "tr-\(number)", experiment: 1, requestedAt: Int64(number))) }
            _ = try await traces.start(TraceInfo(id: "kept", experiment: 0, requestedAt: 1, tags: ["a": "b"]))
            #expect(try await traces.count(of: 1) == 1001)
            #expect(try await traces.purge(of: 1) == 1001)
            #expect(try await traces.count(of: 1) == 0)
            #expect(try await traces.info("kept").tags["a"] == "b")
            #expect(try await traces.purge(of: 1) == 0)
        }
    }

    @Test func `what the client tells of a trace counts more than its spans, whichever comes first`() async throws {
        try await withTraces { traces in
            let told = TraceInfo(id: "tr-1", experiment: 0, requestedAt: 500, duration: 9, state: .ok, tags: [TraceKey.name: "told"])
            try await traces.log([SpanBatch(spans: [span("a", status: .error)])], experiment: 0)
            _ = try await traces.start(told)
            try await traces.log([SpanBatch(spans: [span("b", parent: "a", from: 1, to: 99_000_000_000)])], experiment: 0)
            let info = try await traces.info("tr-1")
            #expect(info.requestedAt == 500 && info.duration == 9 && info.state == .ok && info.tags[TraceKey.name] == "told")
            #expect(info.metadata[TraceKey.finalized] == "true" && info.tags[TraceKey.spansLocation] == TraceKey.trackingStore)
        }
    }

    @Test func `a span that is sent twice is there once, and token sums count the uppermost only`() async throws {
        try await withTraces { traces in
            let usage = { (n: Int64) -> [String: JSON] in ["mlflow.chat.tokenUsage": ["input_tokens": .int(n), "total_tokens": .int(n)]] }
            let batch = [SpanBatch(spans: [span("a", usage(5)), span("b", usage(3), parent: "a")])]
            try await traces.log(batch, experiment: 0)
            try await traces.log(batch, experiment: 0)
            #expect(try await traces.trace("tr-1").spans.count == 2)
            #expect(try await traces.info("tr-1").metadata[TraceKey.tokenUsage] == "{\"input_tokens\":5,\"total_tokens\":5}")
        }
    }

    @Test func `values come back as they were, and what a text cannot hold is replaced`() async throws {
        try await withTraces { traces in
            let odd: [String: JSON] = [
                "sql": "'; DROP TABLE spans; --", "nul": "a\0b", "int": .int(.max), "double": .double(0.1), "null": .null, "deep": [["a": [true]]],
            ]
            var made = span("a", odd)
            made.name = "n\0ul"
            made.events = [Span.Event(name: "e\"", time: 5, attributes: ["x": "ü"])]
            made.links = [Span.Link(trace: "tr-2", span: "c", attributes: [:])]
            try await traces.log([SpanBatch(spans: [made])], experiment: 0)
            let read = try #require(try await traces.trace("tr-1").spans.first)
            #expect(read.attributes == odd && read.events == made.events && read.links == made.links && read.name == "n\u{FFFD}ul")
        }
    }

    @Test func `a trace whose spans have not all come is not answered, unless in part`() async throws {
        try await withTraces { traces in
            try await traces.log([SpanBatch(spans: [span("a")])], experiment: 0)
            _ = try await traces.start(TraceInfo(id: "tr-1", experiment: 0, metadata: [TraceKey.sizeStatistics: "{\"num_spans\": 2}"]))
            #expect(try await traces.trace("tr-1", isPartial: true).spans.count == 1)
            #expect(try await traces.traces(["tr-1"]).isEmpty)
            await #expect(throws: TernError.self) { try await traces.trace("tr-1") }
        }
    }

    @Test func `experiments that are deleted or missing take nothing`() async throws {
        try await withTraces { traces in
            for experiment: Int64 in [2, 7] {
                await #expect(throws: TernError.self) { try await traces.log([SpanBatch(spans: [span("a")])], experiment: experiment) }
                await #expect(throws: TernError.self) { try await traces.start(TraceInfo(id: "tr-1", experiment: experiment)) }
            }
        }
    }
}

@Suite struct TraceSearching {
    @Test func `each condition finds what it says on every database`() async throws {
        try await withTraces { traces in
            for index: Int64 in 0..<5 {
                _ = try await traces.start(
                    TraceInfo(
                        id: "tr-\(index)", experiment: index % 2, requestedAt: 100 + index, duration: index == 4 ? nil : index, state: .ok,
                        tags: ["n": "N\(index)"], metadata: index == 3 ? [TraceKey.session: "s"] : [:]))
            }
            func ids(_ conditions: TraceCondition..., order: [(field: TraceField, ascending: Bool)] = []) async throws -> [String] {
                try await traces.search(TraceSearch(experiments: [0, 1], conditions: conditions, order: order)).elements.map {
                    String($0.id.dropFirst(3))
                }
            }
            #expect(try await ids() == ["4", "3", "2", "1", "0"])
            #expect(try await ids(.number(.requestedAt, .greater, 101.5)) == ["4", "3", "2"])
            #expect(try await ids(.number(.duration, .notEqual, 1)) == ["3", "2", "0"])
            #expect(try await ids(.number(.endedAt, .atMost, 102)) == ["1", "0"])
            #expect(try await ids(.text(.tag("n"), .like("n%", caseSensitive: true))).isEmpty)
            #expect(try await ids(.text(.tag("n"), .like("n%", caseSensitive: false))).count == 5)
            #expect(try await ids(.text(.tag("n"), .matches(TextPattern("[13]$")))) == ["3", "1"])
            #expect(try await ids(.text(.id, .noneOf(["tr-1", "tr-2"]))) == ["4", "3", "0"])
            #expect(try await ids(.missing(.metadata(TraceKey.session))) == ["4", "2", "1", "0"])
            #expect(try await ids(.present(.metadata(TraceKey.session))) == ["3"])
            #expect(try await ids(.never).isEmpty)
            #expect(try await ids(order: [(.duration, true)]) == ["0", "1", "2", "3", "4"])
            #expect(try await ids(order: [(.duration, false)]) == ["3", "2", "1", "0", "4"])
            #expect(try await ids(order: [(.experiment, true), (.tag("n"), true)]) == ["0", "2", "4", "1", "3"])
        }
    }

    @Test func `pages neither lose nor repeat, also when they are sifted`() async throws {
        try await withTraces { traces in
            for index in 0..<23 {
                _ = try await traces.start(TraceInfo(id: "tr-\(index)", experiment: 0, requestedAt: Int64(index / 4), tags: ["n": "x"]))
            }
            for conditions in [[], [TraceCondition.text(.tag("n"), .matches(try TextPattern("x")))]] {
                var seen: [String] = []
                var offset: Int? = 0
                while let from = offset {
                    let page = try await traces.search(TraceSearch(experiments: [0], conditions: conditions, offset: from, limit: 5))
                    seen += page.elements.map(\.id)
                    offset = page.nextOffset
                }
                #expect(seen.count == 23 && Set(seen).count == 23)
            }
        }
    }

    @Test func `conditions on spans hold together for one span`() async throws {
        try await withTraces { traces in
            try await traces.log(
                [SpanBatch(spans: [span("a", ["k": "v", "mlflow.spanType": "LLM"]), span("b", ["k": 2], parent: "a")])], experiment: 0)
            func count(_ conditions: [TraceCondition]) async throws -> Int {
                try await traces.search(TraceSearch(experiments: [0], conditions: conditions)).elements.count
            }
            #expect(try await count([.span(.name, .equal("span b")), .span(.attribute("k"), .equal("2"))]) == 1)
            #expect(try await count([.span(.name, .equal("span a")), .span(.attribute("k"), .equal("2"))]) == 0)
            #expect(try await count([.span(.type, .equal("LLM")), .span(.status, .equal("OK"))]) == 1)
            #expect(try await count([.span(.type, .equal("LLM")), .span(.name, .equal("span b"))]) == 0)
            #expect(try await count([.span(.content, .like("%\"k\":2%", caseSensitive: true))]) == 1)
            #expect(try await count([.span(.attribute("k_"), .equal("v"))]) == 0)
        }
    }
}

@Suite struct Assessing {
    @Test func `an override makes the first invalid until it is deleted`() async throws {
        try await withTraces { traces in
            _ = try await traces.start(TraceInfo(id: "tr-1", experiment: 0))
            let first = try await traces.assess(Assessment(trace: "tr-1", name: "f", kind: .feedback, value: .int(5)))
            let second = try await traces.assess(Assessment(trace: "tr-1", name: "f", kind: .feedback, value: .int(1), overrides: first.id))
            #expect(try await traces.assessment(first.id, of: "tr-1").isValid == false)
            func count(_ comparison: AssessmentComparison) async throws -> Int {
                try await traces.search(TraceSearch(experiments: [0], conditions: [.assessment(.feedback, name: "f", comparison)])).elements.count
            }
            #expect(try await count(.number(.greater, 2)) == 0)
            #expect(try await count(.number(.less, 2)) == 1)
            try await traces.deleteAssessment(second.id, of: "tr-1")
            #expect(try await traces.assessment(first.id, of: "tr-1").isValid)
            #expect(try await count(.text(.equal("5"))) == 1)
            #expect(try await count(.missing) == 0)
        }
    }

    @Test func `what is said of a session holds for all of its traces`() async throws {
        try await withTraces { traces in
            for id in ["tr-1", "tr-2"] { _ = try await traces.start(TraceInfo(id: id, experiment: 0, metadata: [TraceKey.session: "s"])) }
            _ = try await traces.assess(
                Assessment(trace: "tr-1", name: "f", kind: .feedback, value: "good", metadata: [TraceKey.session: "s"]))
            let found = try await traces.search(
                TraceSearch(experiments: [0], conditions: [.assessment(.feedback, name: "f", .text(.equal("good")))]))
            #expect(found.elements.count == 2)
        }
    }

    @Test func `deleting a trace deletes all that hangs on it`() async throws {
        try await withTraces { traces in
            try await traces.log([SpanBatch(spans: [span("a")])], experiment: 0, run: "r")
            let said = try await traces.assess(Assessment(trace: "tr-1", name: "f", kind: .feedback, value: 1))
            #expect(try await traces.delete(of: 1, ids: ["tr-1"], by: editor) == 0)
            #expect(try await traces.delete(of: 0, ids: ["tr-1", "tr-1"], by: editor) == 1)
            await #expect(throws: TernError.self) { try await traces.info("tr-1") }
            await #expect(throws: TernError.self) { try await traces.assessment(said.id, of: "tr-1") }
            #expect(try await traces.runs(of: "tr-1").isEmpty)
        }
    }
}
