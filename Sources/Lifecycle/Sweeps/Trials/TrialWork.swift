import Foundation
import TernJobs
import TernKernel
import TernStats
import TernStore

/// One attempt of one trial: make its run, run the command beside a look at its metric, write down how it ended.
struct TrialWork: Sendable {
    let executor: SweepExecutor
    let context: JobContext

    private var database: Database { executor.database }
    private var ports: SweepPorts { executor.ports }

    private struct Outcome {
        var state: Trial.State
        var error: String?
    }

    func perform() async throws -> JSON {
        guard let id = context.payload["sweep"]?.stringValue, let number = context.payload["trial"]?.intValue.flatMap({ Int(exactly: $0) }) else {
            throw TernError(.internal, "a trial's job lacks its sweep or number")
        }
        var outcome: Outcome
        do {
            guard let (sweep, trial) = try await begin(id, number) else { return .null }
            outcome = try await run(trial, of: sweep)
        } catch {
            // The server stops: the job goes back to the queue and the trial runs again.
            if Task.isCancelled || error is CancellationError, !context.isCancelled { throw CancellationError() }
            // Another server has the job now; what this one thinks of it does not count.
            if let known = error as? TernError, known.code == .conflict { throw error }
            outcome = Outcome(state: .failed, error: "trial \(number): \(TernError.wrap(error))")
        }
        if context.isCancelled { outcome = Outcome(state: .stopped) }
        if let error = outcome.error { context.log("tern: \(error)") }
        try await end(id, number, outcome)
        if context.isCancelled { throw CancellationError() }
        return .null
    }

    // MARK: Begin and end

    /// Nil when there is nothing to run: the trial has ended, or its sweep is gone.
    private func begin(_ id: String, _ number: Int) async throws -> (Sweep, Trial)? {
        guard let sweep = try await database.read({ try SweepStore.sweep(id, $0) }), let before = sweep.trials.first(where: { $0.number == number }),
            !before.state.isFinal
        else { return nil }
        // Asked for each time: it answers the run that the trial has, if it has one.
        let run = try await ports.trackingRun(
            sweep.name, "\(sweep.name)-\(number)",
            ["tern.sweep": id, "tern.trial": String(number), "tern.sweep_method": sweep.definition.method.rawValue, "mlflow.user": sweep.createdBy])
        let begun = try await database.write { [context, executor] transaction -> Trial? in
            try context.requireLease(in: transaction)
            guard var current = try SweepStore.sweep(id, transaction.connection),
                var trial = current.trials.first(where: { $0.number == number }), trial.job == context.id
            else { return nil }
            trial.run = run
            if trial.state.isFinal {
                // It was stopped meanwhile; the run that was made for it is to be ended.
                trial.isClosed = false
                try SweepStore.update(trial, of: id, in: transaction)
                try executor.queue.enqueue(executor.advanceJob(id, by: current.createdBy), in: transaction)
                return nil
            }
            trial.state = .running
            trial.attempt += 1
            trial.startedAt = executor.clock.now()
            trial.logPath = context.logPath
            trial.objective = nil
            trial.best = nil
            trial.curve = nil
            trial.error = nil
            try SweepStore.update(trial, of: id, in: transaction)
            current.revision += 1
            try SweepStore.update(current, in: transaction)
            return trial
        }
        guard let begun else { return nil }
        let flat = TrialParams.flat(sweep.definition.parameters, begun.params)
        try await ports.logParams(run, flat.map { (name: $0.name, value: CommandTemplate.text($0.value)) })
        return (sweep, begun)
    }

    private func end(_ id: String, _ number: Int, _ outcome: Outcome) async throws {
        try await database.write { [context, executor] transaction in
            try context.requireLease(in: transaction)
            guard var current = try SweepStore.sweep(id, transaction.connection),
                var trial = current.trials.first(where: { $0.number == number }), trial.job == context.id, !trial.state.isFinal
            else { return }
            trial.state = outcome.state == .stopped ? trial.stopAs ?? .stopped : outcome.state
            trial.error = outcome.error
            trial.endedAt = transaction.now
            try SweepStore.update(trial, of: id, in: transaction)
            current.revision += 1
            try SweepStore.update(current, in: transaction)
            try executor.queue.enqueue(executor.advanceJob(id, by: current.createdBy), in: transaction)
        }
        executor.queue.wake()
    }

    // MARK: The command

    private func run(_ trial: Trial, of sweep: Sweep) async throws -> Outcome {
        let flat = TrialParams.flat(sweep.definition.parameters, trial.params)
        var environment = TrialEnvironment()
        environment.activateVenv(folder: sweep.folder)
        environment.add(flat, nested: trial.params)
        environment.set("TERN_SWEEP", sweep.id)
        environment.set("TERN_TRIAL", String(trial.number))
        environment.set("TERN_ATTEMPT", String(trial.attempt))
        environment.set("MLFLOW_TRACKING_URI", ports.trackingURI())
        environment.set("MLFLOW_EXPERIMENT_NAME", sweep.name)
        environment.set("MLFLOW_RUN_ID", trial.run)
        environment.merge(ports.environment())
        let file = "\(executor.folder)/\(sweep.id)/\(trial.number).json"
        defer { try? FileManager.default.removeItem(atPath: file) }
        if sweep.definition.command.needsJSONFile {
            try FileManager.default.createDirectory(atPath: "\(executor.folder)/\(sweep.id)", withIntermediateDirectories: true)
            try DurableFile.write(Data(trial.params.description.utf8), to: file)
        }
        let command = try sweep.definition.command.expand(
            CommandTemplate.Filling(
                params: flat, nested: trial.params, interpreter: environment.interpreter, jsonFile: file, environment: environment.variables))
        context.log("tern: trial \(trial.number): \(command.joined(separator: " "))")
        let result = try await beside(trial, of: sweep) { [variables = environment.variables] in
            try await context.runProcess(ProcessRequest(command: command, environment: variables, folder: sweep.folder, timeout: sweep.timeout))
        }
        switch result.exit {
        case .exited(0): break
        case .cancelled: return Outcome(state: .stopped)
        case .exited, .signalled, .timedOut: return Outcome(state: .failed, error: sentence(result.exit, command, sweep))
        }
        guard let metric = sweep.definition.metric else { return Outcome(state: .succeeded) }
        let objective = try await database.read { try SweepStore.sweep(sweep.id, $0)?.trials.first { $0.number == trial.number }?.objective }
        if objective != nil { return Outcome(state: .succeeded) }
        return Outcome(
            state: .failed,
            error: "the command ended well, but the metric '\(metric.name)' has no last value that is a number; log it with mlflow.log_metric")
    }

    private func sentence(_ exit: ProcessExit, _ command: [String], _ sweep: Sweep) -> String {
        var text =
            switch exit {
            case .exited(127), .exited(126): "the command \(exit): a program was not found or cannot be run"
            case .signalled(9): "the command was \(exit); if nobody did that, the machine may have run out of memory"
            case .signalled: "the command was \(exit)"
            case .timedOut: "the command took longer than \(sweep.timeout?.description ?? "its timeout") and was stopped"
            case .exited, .cancelled: "the command \(exit)"
            }
        if let line = LogPiece.lastLine(of: context.logPath), !line.hasPrefix("tern: ") { text += "; its log ends: \(line)" }
        return text
    }

    // MARK: The metric

    /// Looks at the metric while `work` is under way, and once more after it.
    private func beside<Answer>(_ trial: Trial, of sweep: Sweep, _ work: () async throws -> Answer) async throws -> Answer {
        guard let metric = sweep.definition.metric else { return try await work() }
        let observer = MetricObserver(executor: executor, sweep: sweep, metric: metric)
        let watch = Task { [poll = executor.poll] in
            var seen = trial
            while !Task.isCancelled {
                try? await Task.sleep(for: poll.duration)
                if Task.isCancelled { break }
                // A look that failed is made again; the last one, below, counts.
                if let now = try? await observer.look(at: seen) { seen = now }
            }
        }
        let answer: Result<Answer, any Error>
        do { answer = .success(try await work()) } catch { answer = .failure(error) }
        watch.cancel()
        await watch.value
        // The server stops: there is nobody left to look.
        if case .success = answer { _ = try await observer.look(at: trial) }
        return try answer.get()
    }
}

/// Reads a running trial's metric and writes down what it means for the sweep.
struct MetricObserver: Sendable {
    let executor: SweepExecutor
    let sweep: Sweep
    let metric: SweepMetric

    /// - Returns: the trial with what was seen.
    func look(at trial: Trial) async throws -> Trial {
        guard let run = trial.run else { return trial }
        // An attempt after a crash logs the same steps again: what came before does not count.
        let history = try await executor.ports.history(run, metric.name, trial.attempt > 1 ? trial.startedAt : nil)
        var seen = trial
        let values = history.filter(\.isFinite)
        seen.objective = history.last.flatMap { $0.isFinite ? $0 : nil }
        seen.best = metric.isMaximized ? values.max() : values.min()
        seen.curve = sweep.definition.hyperband?.curve(values.map(metric.cost))
        guard seen.objective != trial.objective || seen.best != trial.best || seen.curve != trial.curve else { return trial }
        let found = seen
        try await executor.database.write { [sweep] in try SweepStore.observe(found, of: sweep.id, in: $0) }
        let isAtBand = found.curve?.atBands.count != trial.curve?.atBands.count
        let isGoodEnough = found.objective.map(metric.reachesTarget) ?? false
        if isAtBand || isGoodEnough { try await executor.advance(sweep.id) }
        return found
    }
}
