import Foundation
import Synchronization
import TernJobs
import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Pipelines

@Suite struct PipelineRunTests {
    @Test func `a run passes files from step to step and keeps what they wrote`() async throws {
        try await PipelineFixture.with { fixture in
            try await fixture.apply(
                [
                    sh(
                        "prepare",
                        "tail -n +2 \"$TERN_INPUT_MARKET\" >\"$TERN_OUTPUT_TRAIN\"; echo $TERN_PARAM_WINDOW_DAYS >\"$TERN_OUTPUT_HOLDOUT_TXT\"",
                        in: [.dataset("market")], out: ["train.csv", "holdout.txt"]),
                    sh(
                        "fit",
                        """
                        cat "$TERN_INPUT_TRAIN_CSV" "$TERN_INPUT_PREPARE_HOLDOUT_TXT" >"$TERN_OUTPUT_MODEL"
                        echo "$MLFLOW_TRACKING_URI $MLFLOW_RUN_ID $MLFLOW_EXPERIMENT_NAME $TERN_RUN"; pwd
                        """, in: [.output(step: "prepare", file: "train.csv"), .output(step: "prepare", file: "holdout.txt")], out: ["model.onnx"]),
                ], params: ["window_days": 90, "name": "x"])
            let run = try await fixture.run(params: ["window_days": 30])
            #expect(run.state == .succeeded)
            #expect(run.steps.map(\.state) == [.succeeded, .succeeded])
            #expect(run.datasets == ["market": 1])
            #expect(run.params == ["window_days": 30, "name": "x"])
            #expect(try await fixture.content(run, "fit", "model.onnx") == "1,2\n30\n")
            #expect(run.steps.map(\.cause) == ["ran: first run of this step", "ran: first run of this step"])
            #expect(run.steps[1].exit == "exited with code 0")
            let log = try await fixture.service.log(run: run.id, step: "fit")
            #expect(log.text.contains("http://127.0.0.1:5000 \(run.trackingRun ?? "?") train \(run.id)"))
            #expect(log.text.contains("/project\n"))
            #expect(try await fixture.service.log(run: run.id, step: "fit", offset: log.next).text.isEmpty)
            let tracking = try #require(run.trackingRun)
            try await eventually("the tracking run ends") { fixture.neighbours.asked.withLock { $0.finished[tracking] } == true }
            #expect(fixture.neighbours.asked.withLock { $0.params[tracking] } == ["window_days": "30", "name": "x"])
            // A job of its own, after the run's end.
            try await eventually("the run's folder is removed") {
                !FileManager.default.fileExists(atPath: fixture.folder + "/pipelines/\(run.id)")
            }
            #expect(try await fixture.ledger("pipeline.run.started").count == 1)
            #expect(try await fixture.ledger("pipeline.run.succeeded").first?.subject == "pipeline/train/\(run.id)")
        }
    }

    @Test func `a step cannot spoil a kept output by changing its input in place`() async throws {
        try await PipelineFixture.with { fixture in
            try await fixture.apply([
                sh("a", "printf one >$TERN_OUTPUT_X", out: ["x.txt"]),
                sh("b", "printf two >$TERN_INPUT_X; cp $TERN_INPUT_X $TERN_OUTPUT_Y", in: [.output(step: "a", file: "x.txt")], out: ["y.txt"]),
            ])
            let run = try await fixture.run()
            #expect(run.state == .succeeded)
            #expect(try await fixture.content(run, "a", "x.txt") == "one")
            #expect(try await fixture.content(run, "b", "y.txt") == "two")
        }
    }

    @Test func `parallel branches run beside each other`() async throws {
        try await PipelineFixture.with { fixture in
            // Each waits for the other's sign: one after the other they would never end.
            let meet =
                "touch \(fixture.folder)/$TERN_STEP; until [ -e \(fixture.folder)/left ] && [ -e \(fixture.folder)/right ]; do sleep 0.02; done"
            try await fixture.apply([
                sh("left", meet, timeout: .seconds(20)), sh("right", meet, timeout: .seconds(20)), sh("join", "true", after: ["left", "right"]),
            ])
            #expect(try await fixture.run().steps.map(\.state) == [.succeeded, .succeeded, .succeeded])
        }
    }

    @Test func `an exit code other than zero fails the run and skips what follows`() async throws {
        try await PipelineFixture.with { fixture in
            try await fixture.apply([
                sh("bad", "echo 'ValueError: no data' >&2; exit 1"), sh("next", "true", after: ["bad"]), sh("other", "true"),
            ])
            let run = try await fixture.run()
            #expect(run.state == .failed)
            #expect(run.steps.map(\.state) == [.failed, .skipped, .succeeded])
            #expect(run.steps[0].error == "step 'bad' exited with code 1; its log ends: ValueError: no data")
            #expect(run.steps[0].exit == "exited with code 1")
            #expect(run.steps[1].cause == "skipped: not all of bad ended well")
            #expect(run.error == run.steps[0].error)
            #expect(try await fixture.ledger("pipeline.run.failed").first?.data["error"] == .string(run.error ?? ""))
            let tracking = try #require(run.trackingRun)
            try await eventually("the tracking run ends") { fixture.neighbours.asked.withLock { $0.finished[tracking] } == false }
        }
    }

    @Test func `kill -9, a missing output, a timeout and a missing command each say so`() async throws {
        try await PipelineFixture.with { fixture in
            try await fixture.apply([
                sh("killed", "kill -9 $$"), sh("silent", "true", out: ["model.onnx"]), sh("slow", "sleep 60", timeout: Period(milliseconds: 200)),
                sh("unknown", "no-such-program-here"), sh("folder", "mkdir $TERN_OUTPUT_A", out: ["a.txt"]),
            ])
            let run = try await fixture.run()
            #expect(run.step("killed")?.error?.hasPrefix("step 'killed' was killed by signal 9 (SIGKILL)") == true)
            #expect(
                run.step("silent")?.error
                    == "step 'silent' ended well but did not write its output model.onnx; write it to the path in TERN_OUTPUT_MODEL_ONNX")
            #expect(run.step("slow")?.error == "step 'slow' took longer than its timeout of 200ms and was stopped")
            #expect(run.step("slow")?.exit == "timed out")
            #expect(run.step("unknown")?.error?.contains("a command was not found") == true)
            #expect(run.step("folder")?.error?.contains("made a folder") == true)
            #expect(run.steps.allSatisfy { $0.state == .failed })
        }
    }

    @Test func `a step is tried again and its next attempt says why`() async throws {
        try await PipelineFixture.with { fixture in
            try await fixture.apply([sh("flaky", "[ $TERN_ATTEMPT = 2 ] || { echo attempt $TERN_ATTEMPT; exit 3; }", retries: 1)])
            let run = try await fixture.run()
            #expect(run.state == .succeeded)
            #expect(run.steps[0].attempt == 2)
            #expect(run.steps[0].cause == "ran again (attempt 2) after: step 'flaky' exited with code 3; its log ends: attempt 1")
            #expect(run.steps[0].error == nil)
            #expect(try await fixture.service.log(run: run.id, step: "flaky", attempt: 1).text.contains("attempt 1\n"))
            await #expect(throws: TernError.self) { try await fixture.service.log(run: run.id, step: "flaky", attempt: 9) }
        }
    }

    @Test func `cancel stops the running step's processes`() async throws {
        try await PipelineFixture.with { fixture in
            let pid = fixture.folder + "/pid"
            try await fixture.apply([sh("long", "sleep 60 & echo $! >\(pid); wait"), sh("next", "true", after: ["long"])])
            let started = try await fixture.start()
            try await eventually("it runs") { (try? String(contentsOfFile: pid, encoding: .utf8))?.hasSuffix("\n") == true }
            try await fixture.service.cancel(started.id, by: fixture.person)
            let run = try await fixture.service.waitUntilEnded(started.id, timeout: .seconds(20))
            #expect(run.state == .cancelled)
            #expect(run.steps.map(\.state) == [.cancelled, .cancelled])
            #expect(run.steps[0].exit == "cancelled")
            let number = try String(contentsOfFile: pid, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            let stat = (try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)) ?? ""
            #expect(stat.isEmpty || stat.contains(") Z "))
            await #expect(throws: TernError.self) { try await fixture.service.cancel(run.id, by: fixture.person) }
            #expect(try await fixture.ledger("pipeline.run.cancelled").count == 1)
        }
    }

    @Test func `a retry runs only what failed and what follows it`() async throws {
        try await PipelineFixture.with { fixture in
            try await fixture.apply([
                sh("a", "echo once >>\(fixture.folder)/a-ran", cache: false), sh("b", "[ -e \(fixture.folder)/fixed ]", after: ["a"]),
                sh("c", "true", after: ["b"]),
            ])
            let failed = try await fixture.run()
            #expect(failed.steps.map(\.state) == [.succeeded, .failed, .skipped])
            try "".write(toFile: fixture.folder + "/fixed", atomically: true, encoding: .utf8)
            let retried = try await fixture.service.retry(failed.id, by: fixture.person)
            #expect(!retried.state.isFinal)
            let run = try await fixture.service.waitUntilEnded(failed.id, timeout: .seconds(20))
            #expect(run.state == .succeeded)
            #expect(run.error == nil)
            #expect(run.steps.map(\.attempt) == [1, 2, 1])
            #expect(try String(contentsOfFile: fixture.folder + "/a-ran", encoding: .utf8) == "once\n")
            await #expect(throws: TernError.self) { try await fixture.service.retry(run.id, by: fixture.person) }
        }
    }

    @Test func `after a crash finished steps stay finished and the interrupted one runs again`() async throws {
        try await withSoleDatabase(JobQueue.migrations + PipelinesRoom.migrations) { database in
            try await withTemporaryFolder { folder in
                try FileManager.default.createDirectory(atPath: folder + "/project", withIntermediateDirectories: true)
                let neighbours = Neighbours(folder: folder)
                let dead = try PipelineFixture(in: folder, database, neighbours)
                try await dead.apply([
                    sh("a", "echo a >>\(folder)/ran; echo data >$TERN_OUTPUT_X", out: ["x.txt"]),
                    sh(
                        "b", "echo b >>\(folder)/ran; [ -e \(folder)/second ] || sleep 60; cp $TERN_INPUT_X $TERN_OUTPUT_Y",
                        in: [.output(step: "a", file: "x.txt")], out: ["y.txt"]),
                ])
                let deadWork = Task { try await dead.queue.run() }
                let started = try await dead.start()
                try await eventually("b runs") { (try? String(contentsOfFile: folder + "/ran", encoding: .utf8)) == "a\nb\n" }
                try "".write(toFile: folder + "/second", atomically: true, encoding: .utf8)
                // The first queue is not stopped: the second finds its leases, as those of a server that was killed.
                try await PipelineFixture.working(in: folder, database, neighbours) { fixture in
                    let run = try await fixture.service.waitUntilEnded(started.id, timeout: .seconds(30))
                    #expect(run.state == .succeeded)
                    #expect(run.steps.map(\.attempt) == [1, 1])
                    #expect(try await fixture.content(run, "b", "y.txt") == "data\n")
                    #expect(try String(contentsOfFile: folder + "/ran", encoding: .utf8) == "a\nb\nb\n")
                    #expect(neighbours.asked.withLock { $0.trackingRuns.count } == 1)
                    #expect(try await LedgerStore(database).verify() > 0)
                }
                deadWork.cancel()
                _ = await deadWork.result
            }
        }
    }

    @Test func `a run that cannot get a tracking run fails and says why`() async throws {
        try await PipelineFixture.with { fixture in
            fixture.neighbours.asked.withLock { $0.trackingFails = true }
            try await fixture.apply([sh("a", "true")])
            let started = try await fixture.start()
            let job = try #require(try await fixture.queue.job(kind: PipelineJob.open, key: started.id))
            #expect(job.maxAttempts == 5)
            // What happens after the last attempt, without its waits.
            try await RunExecutor(
                database: fixture.database, blobs: fixture.blobs, queue: fixture.queue, ports: fixture.neighbours.ports, clock: .system,
                folder: fixture.folder
            ).apply(.refused, to: started.id) { $0.error = "the run could not begin: tracking is away" }
            let run = try await fixture.service.run(started.id)
            #expect(run.state == .failed)
            #expect(run.steps[0].cause == "skipped: the run could not begin")
        }
    }
}
