import TernStats
import Testing

@testable import Sweeps

@Suite struct SweepMachineTests {
    private func machine(_ states: [Trial.State], parallel: Int = 2, total: Int? = nil) -> SweepMachine {
        SweepMachine(
            state: .running, parallel: parallel, total: total,
            trials: states.enumerated().map { SweepMachine.View(number: $0.offset + 1, state: $0.element, cost: nil) })
    }

    @Test func `as many trials run as may, and no more than there are`() {
        var sweep = machine([], parallel: 3, total: 2)
        #expect(sweep.decide() == [.start(number: 1), .start(number: 2)])
        sweep = machine([.succeeded, .running], parallel: 3)
        #expect(sweep.decide() == [.start(number: 3), .start(number: 4)])
        sweep = machine([.running, .queued])
        #expect(sweep.decide().isEmpty)
    }

    @Test func `the last trial's end ends the sweep, once`() {
        var sweep = machine([.succeeded, .failed], total: 2)
        #expect(sweep.decide() == [.finish(.finished)])
        #expect(sweep.state == .finished && sweep.ending == .exhausted)
        #expect(sweep.decide().isEmpty)
        sweep = machine([.succeeded, .running], total: 2)
        #expect(sweep.decide().isEmpty && sweep.state == .running)
    }

    @Test func `five failures at the beginning end it, a success among them does not`() {
        var sweep = machine(Array(repeating: .failed, count: 5))
        #expect(sweep.decide() == [.finish(.failed)])
        sweep = machine(Array(repeating: .failed, count: 5) + [.running])
        #expect(sweep.decide() == [.stop(number: 6, as: .stopped)])
        sweep.trials[5].isStopping = true
        #expect(sweep.decide().isEmpty)
        sweep.trials[5].state = .stopped
        #expect(sweep.decide() == [.finish(.failed)])
        sweep = machine([.succeeded] + Array(repeating: .failed, count: 9))
        #expect(sweep.decide().count == 2)
        sweep = machine([.failed, .failed], total: 2)
        #expect(sweep.decide() == [.finish(.failed)])
    }

    @Test func `a pause starts nothing and lets the end come`() {
        var sweep = machine([.running])
        sweep.pause()
        #expect(sweep.decide().isEmpty)
        #expect(sweep.resume().isEmpty)
        #expect(sweep.decide() == [.start(number: 2)])
        sweep = machine([.succeeded], total: 1)
        sweep.pause()
        #expect(sweep.decide() == [.finish(.finished)])
    }

    @Test func `a stop stops each trial once and waits for all`() {
        var sweep = machine([.succeeded, .running, .queued])
        sweep.stop()
        #expect(sweep.decide() == [.stop(number: 2, as: .stopped), .stop(number: 3, as: .stopped)])
        sweep.trials[1].isStopping = true
        sweep.trials[2].state = .stopped
        #expect(sweep.decide().isEmpty)
        sweep.trials[1].state = .stopped
        #expect(sweep.decide() == [.finish(.stopped)])
        #expect(sweep.resume() == [.again(number: 2), .again(number: 3)])
        sweep.trials[1].state = .queued
        sweep.trials[2].state = .queued
        #expect(sweep.decide().isEmpty && sweep.state == .running)
    }

    @Test func `a sweep that failed can be taken up again and gets five more chances`() {
        var sweep = machine(Array(repeating: .failed, count: 5))
        _ = sweep.decide()
        #expect(sweep.resume().isEmpty)
        #expect(sweep.decide() == [.start(number: 6), .start(number: 7)])
    }

    @Test func `the target stops all but the trial that reached it, also if its value moves on`() {
        var sweep = machine([.running, .running])
        sweep.target = 1
        sweep.trials[0].cost = 0.9
        sweep.trials[1].cost = 3
        #expect(sweep.decide() == [.stop(number: 2, as: .stopped)])
        sweep.trials[1].state = .stopped
        sweep.trials[0].cost = 2
        #expect(sweep.decide().isEmpty)
        sweep.trials[0].state = .succeeded
        #expect(sweep.decide() == [.finish(.finished)])
        #expect(sweep.ending == .target)
        // What a failed trial last said is no result.
        sweep = machine([.failed])
        sweep.target = 1
        sweep.trials[0].cost = 0
        #expect(sweep.decide() == [.start(number: 2), .start(number: 3)])
    }

    @Test func `a trial above the band's threshold is pruned once`() throws {
        let hyperband = try #require(Hyperband(minimum: 2, eta: 2))
        var sweep = machine([.succeeded, .succeeded, .running], parallel: 1, total: 3)
        sweep.hyperband = hyperband
        for (index, value) in [1.0, 2, 3].enumerated() { sweep.trials[index].curve = hyperband.curve([value, value]) }
        #expect(sweep.decide() == [.stop(number: 3, as: .pruned)])
        sweep.trials[2].isStopping = true
        #expect(sweep.decide().isEmpty)
    }

    @Test func `whatever happens in whatever order, numbers are given once and every sweep ends`() {
        for seed in Int64(1)...200 {
            var chance = SearchGenerator(seed: seed, stream: 0)
            var sweep = machine([], parallel: Int.random(in: 1...4, using: &chance), total: Int.random(in: 1...9, using: &chance))
            var given: [Int] = []
            var steps = 0
            while !sweep.state.isFinal, steps < 1000 {
                steps += 1
                for action in sweep.decide() {
                    switch action {
                    case .start(let number):
                        given.append(number)
                        sweep.trials.append(SweepMachine.View(number: number, state: .queued, cost: nil))
                    case .stop(let number, let state):
                        if sweep.trials[number - 1].state == .queued { sweep.trials[number - 1].state = state }
                        sweep.trials[number - 1].isStopping = true
                    case .again, .finish: break
                    }
                }
                #expect(sweep.trials.count { !$0.state.isFinal } <= sweep.parallel)
                switch Int.random(in: 0..<12, using: &chance) {
                case 0: sweep.pause()
                case 1: if sweep.state == .paused { _ = sweep.resume() }
                case 2 where steps > 20: sweep.stop()
                default:
                    guard let index = sweep.trials.indices.filter({ !sweep.trials[$0].state.isFinal }).randomElement(using: &chance) else {
                        if sweep.state == .paused { _ = sweep.resume() }
                        continue
                    }
                    let next: Trial.State = sweep.trials[index].isStopping ? .stopped : Bool.random(using: &chance) ? .succeeded : .failed
                    sweep.trials[index].state = sweep.trials[index].state == .queued ? .running : next
                }
            }
            #expect(sweep.state.isFinal, "seed \(seed)")
            #expect(given == Array(1..<given.count + 1), "seed \(seed)")
        }
    }
}
