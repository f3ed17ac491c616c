import Synchronization
import TernInference
import TernKernel
import TernLog
import TernTestSupport
import Testing

@testable import Serving

@Suite struct VariantTests {
    @Test(arguments: [3, 4, 5])
    func `a canary that breaks, takes other inputs or cannot be loaded costs the caller nothing`(version: Int) async throws {
        try await withServing { releases, room, log, _ in
            releases.serve(Route(answering: FakeReleases.variant(version, .canary), fallback: FakeReleases.variant(1)))
            let answer = try await ask(room, inputs([2], [1]))
            #expect(answer.variant == FakeReleases.variant(1))
            let records = try log.read(endpoint: "price", after: 0, limit: 9).map(\.record)
            #expect(Set(records.map { $0.prediction }) == [1])
            let failed = try #require(records.first { $0.error != nil })
            #expect(failed.variant == FakeReleases.variant(version, .canary) && failed.rows == 1)
            #expect(records.first { $0.error == nil }?.variant == FakeReleases.variant(1))
            #expect(try await log.find(PredictionID(endpoint: "price", prediction: 1))?.rows == 1)
            let metrics = try room.service.metrics("price")
            #expect(metrics.variants.map(\.errors) == [1, 0] && metrics.refused == 0)
        }
    }

    @Test func `what both canary and primary refuse is the caller's mistake and nobody's error`() async throws {
        try await withServing { releases, room, log, _ in
            releases.serve(Route(answering: FakeReleases.variant(2, .canary), fallback: FakeReleases.variant(1)))
            let unknown = try Tensor("Y", shape: [1], values: [Float(1)])
            await #expect(throws: TernError.self) { _ = try await ask(room, [unknown]) }
            #expect(log.lastPosition(endpoint: "price") == 0)
            let metrics = try room.service.metrics("price")
            #expect(metrics.refused == 1)
        }
    }

    @Test func `a primary that breaks is an error with a record`() async throws {
        try await withServing { releases, room, log, _ in
            releases.serve(Route(answering: FakeReleases.variant(3)))
            let error = try await #require(throws: TernError.self) { _ = try await ask(room, inputs([2], [1])) }
            #expect(error.code == .internal && error.message.hasPrefix("m version 3 failed on this request"))
            let record = try #require(try log.read(endpoint: "price", after: 0, limit: 9).first?.record)
            #expect(record.error != nil && record.inputs.count == 2 && record.outputs.isEmpty)
            #expect(try await log.find(PredictionID(endpoint: "price", prediction: 1)) == nil)
        }
    }

    @Test func `shadows see every answered request under its number, and their trouble is theirs`() async throws {
        try await withServing { releases, room, log, _ in
            releases.serve(
                Route(
                    answering: FakeReleases.variant(1),
                    shadows: [FakeReleases.variant(2, .shadow), FakeReleases.variant(3, .shadow), FakeReleases.variant(4, .shadow)]))
            for _ in 1...20 { #expect(try await ask(room, inputs([2], [1])).variant.version == 1) }
            await room.service.drainShadows()
            let records = try log.read(endpoint: "price", after: 0, limit: 999).map(\.record)
            for version in 1...4 { #expect(records.filter { $0.variant.version == version }.map(\.prediction).sorted() == Array(1...20)) }
            #expect(records.filter { $0.variant.version == 2 }.allSatisfy { $0.error == nil && $0.variant.role == .shadow && !$0.outputs.isEmpty })
            #expect(records.filter { $0.variant.version >= 3 }.allSatisfy { $0.error != nil })
            #expect(try room.service.metrics("price").shadowsDropped == 0)
        }
    }

    @Test func `shadow work that does not fit is dropped and counted`() async throws {
        let queue = ShadowQueue(capacity: 2)
        let gate = AsyncStream.makeStream(of: Void.self)
        let first = queue.add { for await _ in gate.stream { break } }
        // The first may still be queued or be running already.
        var taken = 0
        for _ in 0..<5 where queue.add({}) { taken += 1 }
        #expect(first && (1...2).contains(taken))
        gate.continuation.yield()
        await queue.drain()
        #expect(queue.add {})
        await queue.drain()
    }

    @Test func `models are loaded once, kept while something may need them, and let go after`() async throws {
        try await withServing { releases, room, _, _ in
            releases.serve(Route(answering: FakeReleases.variant(1)), standby: [FakeReleases.variant(2)])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await room.pool.ensureLoaded([FakeReleases.variant(1), FakeReleases.variant(2)]) } }
                try await group.waitForAll()
            }
            let opened = releases.state.withLock { $0.opened.sorted() }
            #expect(opened == [1, 2])
            room.service.releaseUnused()
            #expect(room.pool.loadedKeys == [.init(model: "m", version: 1), .init(model: "m", version: 2)])
            releases.serve(Route(answering: FakeReleases.variant(2)))
            room.service.releaseUnused()
            #expect(room.pool.loadedKeys == [.init(model: "m", version: 2)])
            await #expect(throws: TernError.self) { try await room.pool.ensureLoaded([FakeReleases.variant(5)]) }
        }
    }

    @Test func `latencies are counted to within six percent`() {
        var histogram = LatencyHistogram()
        for value in 1...10_000 { histogram.add(microseconds: Int64(value)) }
        for (share, exact) in [(0.5, 5000.0), (0.99, 9900.0), (1, 10_000)] {
            let found = Double(histogram.quantile(share) ?? 0)
            #expect(found >= exact && found <= exact * 1.07)
        }
        #expect(LatencyHistogram().quantile(0.5) == nil)
        histogram.add(microseconds: .max)
        histogram.add(microseconds: -5)
        #expect(histogram.count == 10_002)
    }

    @Test func `the metrics page is what Prometheus reads`() async throws {
        try await withServing { releases, room, _, _ in
            releases.serve(Route(answering: FakeReleases.variant(1)))
            _ = try await ask(room, inputs([2, 3], [1, 1]))
            let text = room.service.prometheusText()
            #expect(text.contains("# TYPE tern_predictions_total counter\n"))
            #expect(text.contains(#"tern_predictions_total{endpoint="price",variant="v1",role="primary",model="m",version="1"} 1"# + "\n"))
            #expect(text.contains(#"tern_prediction_rows_total{endpoint="price",variant="v1",role="primary",model="m",version="1"} 2"# + "\n"))
            #expect(text.contains(#"le="+Inf"} 1"# + "\n"))
            #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("#") || $0.split(separator: " ").last.flatMap { Double($0) } != nil })
            #expect(PrometheusText.escape("a\"b\\c\n") == #"a\"b\\c\n"#)
        }
    }
}
