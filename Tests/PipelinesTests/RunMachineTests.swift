import TernKernel
import Testing

@testable import Pipelines

@Suite struct RunMachineTests {
    private func machine(_ steps: [(String, [String])], retries: Int = 0) -> RunMachine {
        RunMachine(steps: steps.map { RunMachine.Step(name: $0.0, needs: $0.1, retries: retries) })
    }

    private func states(_ machine: RunMachine) -> [StepRun.State] { machine.steps.map(\.state) }

    @Test func `steps become ready as what they need ends, and the last ends the run`() {
        var run = machine([("a", []), ("b", ["a"]), ("c", ["a"]), ("d", ["b", "c"])])
        #expect(run.handle(.opened) == [.enqueue(step: "a", attempt: 1, wait: .zero)])
        #expect(run.handle(.started(step: "a", attempt: 1)).isEmpty)
        #expect(
            run.handle(.ended(step: "a", attempt: 1, .succeeded)) == [
                .enqueue(step: "b", attempt: 1, wait: .zero), .enqueue(step: "c", attempt: 1, wait: .zero),
            ])
        #expect(run.handle(.ended(step: "b", attempt: 1, .cached)).isEmpty)
        #expect(run.handle(.ended(step: "c", attempt: 1, .succeeded)) == [.enqueue(step: "d", attempt: 1, wait: .zero)])
        #expect(run.handle(.ended(step: "d", attempt: 1, .succeeded)) == [.finish(.succeeded)])
        #expect(run.state == .succeeded)
    }

    @Test func `a failure skips what depends on it and lets the other branch end`() {
        var run = machine([("a", []), ("b", []), ("c", ["a"]), ("d", ["c"])])
        _ = run.handle(.opened)
        #expect(run.handle(.ended(step: "a", attempt: 1, .failed(canRetry: true))).isEmpty)
        #expect(states(run) == [.failed, .pending, .skipped, .skipped])
        #expect(run.handle(.ended(step: "b", attempt: 1, .succeeded)) == [.finish(.failed)])
    }

    @Test func `a step is tried again as often as it may, with growing waits`() {
        var run = machine([("a", [])], retries: 2)
        _ = run.handle(.opened)
        #expect(run.handle(.ended(step: "a", attempt: 1, .failed(canRetry: true))) == [.enqueue(step: "a", attempt: 2, wait: .seconds(1))])
        #expect(run.handle(.ended(step: "a", attempt: 2, .failed(canRetry: true))) == [.enqueue(step: "a", attempt: 3, wait: .seconds(2))])
        #expect(run.handle(.ended(step: "a", attempt: 3, .failed(canRetry: true))) == [.finish(.failed)])
        var hopeless = machine([("a", [])], retries: 2)
        _ = hopeless.handle(.opened)
        #expect(hopeless.handle(.ended(step: "a", attempt: 1, .failed(canRetry: false))) == [.finish(.failed)])
    }

    @Test func `late and repeated events change nothing`() {
        var run = machine([("a", []), ("b", ["a"])], retries: 1)
        _ = run.handle(.opened)
        _ = run.handle(.ended(step: "a", attempt: 1, .failed(canRetry: true)))
        let before = run
        for event: RunMachine.Event in [
            .opened, .ended(step: "a", attempt: 1, .succeeded), .started(step: "b", attempt: 1), .ended(step: "x", attempt: 1, .succeeded), .retry,
        ] {
            #expect(run.handle(event).isEmpty)
            #expect(run == before)
        }
    }

    @Test func `cancel stops what runs, takes out what waits, and the run ends when the last has stopped`() {
        var run = machine([("a", []), ("b", []), ("c", ["a"])])
        _ = run.handle(.opened)
        _ = run.handle(.started(step: "a", attempt: 1))
        #expect(run.handle(.cancel) == [.stop(step: "a"), .stop(step: "b")])
        #expect(states(run) == [.running, .cancelled, .cancelled])
        #expect(run.handle(.ended(step: "a", attempt: 1, .cancelled)) == [.finish(.cancelled)])
        #expect(run.handle(.cancel).isEmpty)
    }

    @Test func `a run that is cancelled before it began is over at once`() {
        var run = machine([("a", [])])
        #expect(run.handle(.cancel) == [.finish(.cancelled)])
        #expect(run.handle(.opened).isEmpty)
    }

    @Test func `a failure after a cancellation is not tried again`() {
        var run = machine([("a", [])], retries: 5)
        _ = run.handle(.opened)
        _ = run.handle(.started(step: "a", attempt: 1))
        _ = run.handle(.cancel)
        #expect(run.handle(.ended(step: "a", attempt: 1, .failed(canRetry: true))) == [.finish(.cancelled)])
    }

    @Test func `one step that was stopped stops the run`() {
        var run = machine([("a", []), ("b", [])])
        _ = run.handle(.opened)
        _ = run.handle(.started(step: "b", attempt: 1))
        #expect(run.handle(.ended(step: "a", attempt: 1, .cancelled)) == [.stop(step: "b")])
        #expect(run.handle(.ended(step: "b", attempt: 1, .cancelled)) == [.finish(.cancelled)])
    }

    @Test func `a retry runs only what did not end well`() {
        var run = machine([("a", []), ("b", ["a"]), ("c", ["b"])])
        _ = run.handle(.opened)
        _ = run.handle(.ended(step: "a", attempt: 1, .succeeded))
        _ = run.handle(.ended(step: "b", attempt: 1, .failed(canRetry: true)))
        #expect(run.state == .failed)
        #expect(run.handle(.retry) == [.enqueue(step: "b", attempt: 2, wait: .zero)])
        #expect(states(run) == [.succeeded, .pending, .pending])
        _ = run.handle(.ended(step: "b", attempt: 2, .succeeded))
        #expect(run.handle(.ended(step: "c", attempt: 1, .succeeded)) == [.finish(.succeeded)])
    }

    @Test func `a run that cannot begin fails`() {
        var run = machine([("a", []), ("b", ["a"])])
        #expect(run.handle(.refused) == [.finish(.failed)])
        #expect(states(run) == [.skipped, .skipped])
    }
}
